"""The environment that a Caffe process is started in, and the cores it may use."""

from __future__ import annotations

import os

import psutil

BLAS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS")
GLOG = {"GLOG_logtostderr": "1", "GLOG_minloglevel": "0", "GLOG_log_prefix": "1"}  # all to stderr, and no files


def cores() -> int:
    """How many cores this process may use: in a container or under taskset fewer than the machine has."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def idle_cores(seconds: float = 0.3) -> int:
    """How many of `cores` other programs leave alone now, at least one.

    Args:
        seconds: for which it is looked.
    """
    busy = psutil.cpu_percent(interval=seconds) / 100
    return max(1, round(cores() * (1 - busy)))


def blas_threads(at_once: int) -> int | None:
    """How many threads the BLAS library of each of some trainings is to have; None if the environment says it.

    Those of OpenBLAS wait for each other without sleeping: beside a program that keeps one of them from running, two
    are many times slower than one (docs/figures.md has measurements). So they get what is idle when a search begins.
    """
    return None if any(name in os.environ for name in BLAS) else max(1, idle_cores() // at_once)


def environment(threads: int | None = None) -> dict[str, str]:
    """Return our own environment, with glog told to write everything to standard error and no file anywhere.

    Args:
        threads: for the BLAS library, unless the environment has its own word on that; None leaves it alone.
    """
    blas = {} if threads is None else dict.fromkeys(BLAS, str(threads))
    return {**blas, **os.environ, **GLOG}
