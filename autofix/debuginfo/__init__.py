"""From the lines of a Caffe log to events, and from events to a trace."""

from autofix.debuginfo.builder import TraceBuilder
from autofix.debuginfo.events import (
    Backward,
    Clipped,
    Complaint,
    Event,
    Fatal,
    Finetuned,
    Finished,
    Forward,
    IterationLoss,
    LearningRate,
    NetNorms,
    NetText,
    Output,
    Resumed,
    Sharing,
    SolverText,
    Started,
    TestStart,
    TopShape,
    Update,
    Wired,
)
from autofix.debuginfo.finite import SATURATED, is_bad
from autofix.debuginfo.first_bad import FirstBad, first_bad
from autofix.debuginfo.history import continues, history, with_orphan, without_torn_start
from autofix.debuginfo.loss import exact_loss
from autofix.debuginfo.names import listed, quoted
from autofix.debuginfo.reader import Reader, read_events
from autofix.debuginfo.source import build_trace, open_log, read_trace, watch_trace
from autofix.debuginfo.trace import NORM_NAMES, BlobKey, Partial, Run, Trace

__all__ = [
    "NORM_NAMES",
    "SATURATED",
    "Backward",
    "BlobKey",
    "Clipped",
    "Complaint",
    "Event",
    "Fatal",
    "Finetuned",
    "Finished",
    "FirstBad",
    "Forward",
    "IterationLoss",
    "LearningRate",
    "NetNorms",
    "NetText",
    "Output",
    "Partial",
    "Reader",
    "Resumed",
    "Run",
    "Sharing",
    "SolverText",
    "Started",
    "TestStart",
    "TopShape",
    "Trace",
    "TraceBuilder",
    "Update",
    "Wired",
    "build_trace",
    "continues",
    "exact_loss",
    "first_bad",
    "history",
    "is_bad",
    "listed",
    "open_log",
    "quoted",
    "read_events",
    "read_trace",
    "watch_trace",
    "with_orphan",
    "without_torn_start",
]
