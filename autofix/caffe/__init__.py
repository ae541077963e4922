"""Finding a Caffe; starting, watching and stopping one training; reading data files."""

from autofix.caffe.device import Choice, choose
from autofix.caffe.job import CPU, Device, Ended, How, Job, Runner, Watcher
from autofix.caffe.locate import Caffe, find
from autofix.caffe.process import ProcessRunner
from autofix.caffe.replay import ReplayRunner

__all__ = [
    "CPU",
    "Caffe",
    "Choice",
    "Device",
    "Ended",
    "How",
    "Job",
    "ProcessRunner",
    "ReplayRunner",
    "Runner",
    "Watcher",
    "choose",
    "find",
]
