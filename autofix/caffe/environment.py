"""The environment that a Caffe process is started in."""

from __future__ import annotations

import os


def environment(threads: int | None = None) -> dict[str, str]:
    """Return our own environment, with glog told to write everything to standard error and no file anywhere.

    Args:
        threads: for the BLAS library, or None to leave that to the environment.
    """
    env = {**os.environ, "GLOG_logtostderr": "1", "GLOG_minloglevel": "0", "GLOG_log_prefix": "1"}
    if threads is not None:
        env |= {"OPENBLAS_NUM_THREADS": str(threads), "OMP_NUM_THREADS": str(threads)}
    return env
