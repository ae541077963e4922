"""The environment that a Caffe process is started in, and the cores it may use."""

from __future__ import annotations

import os

GLOG = {"GLOG_logtostderr": "1", "GLOG_minloglevel": "0", "GLOG_log_prefix": "1"}  # all to stderr, and no files


def cores() -> int:
    """How many cores this process may use: in a container or under taskset fewer than the machine has."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def environment(threads: int | None = None) -> dict[str, str]:
    """Return our own environment, with glog told to write everything to standard error and no file anywhere.

    Args:
        threads: for the BLAS library, unless the environment has its own word on that; None leaves it alone.
    """
    blas = {} if threads is None else {"OPENBLAS_NUM_THREADS": str(threads), "OMP_NUM_THREADS": str(threads)}
    return {**blas, **os.environ, **GLOG}
