"""Finding a Caffe; starting, watching and stopping one training; reading data files."""

from autofix.caffe.device import Choice, Wish, choose
from autofix.caffe.environment import blas_threads, cores
from autofix.caffe.gpus import GPU_ADVICE
from autofix.caffe.job import CPU, Device, Ended, How, Job, Runner, Watcher
from autofix.caffe.lending import LendingRunner
from autofix.caffe.locate import Caffe, find
from autofix.caffe.process import ProcessRunner
from autofix.caffe.replay import ReplayRunner

__all__ = [
    "CPU",
    "GPU_ADVICE",
    "Caffe",
    "Choice",
    "Device",
    "Ended",
    "How",
    "Job",
    "LendingRunner",
    "ProcessRunner",
    "ReplayRunner",
    "Runner",
    "Watcher",
    "Wish",
    "blas_threads",
    "choose",
    "cores",
    "find",
]
