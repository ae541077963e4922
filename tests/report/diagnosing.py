"""Trainings in a few lines, and what is said of them."""

from __future__ import annotations

import io
from collections.abc import Iterable

from rich.console import Console

from autofix.debuginfo import Backward, Event, Forward, IterationLoss, LearningRate, Trace, TraceBuilder
from autofix.report.diagnosis import Diagnosed, diagnose
from autofix.report.diagnosis.terminal import show_diagnosis

NAN = float("nan")


def block(iteration: int, *, x: float = 0.5, w: float = 0.1, g: float = 0.01, loss: float = 0.7) -> list[Event]:
    """What one iteration of a layer ``fc`` between ``data`` and ``loss`` prints."""
    return [
        Forward("data", "data", 1.0),
        Forward("fc", "fc", x),
        Forward("fc", "0", w, is_param=True),
        Forward("loss", "loss", loss),
        Backward("loss", "fc", g),
        Backward("fc", "0", g, is_param=True),
        IterationLoss(iteration, loss),
        LearningRate(iteration, 0.1),
    ]


def trace_of(*events: Event | Iterable[Event]) -> Trace:
    builder = TraceBuilder()
    for event in events:
        for each in event if isinstance(event, Iterable) else (event,):
            builder.add(each)
    return builder.trace()


def found(*events: Event | Iterable[Event], running: bool = False) -> Diagnosed:
    return diagnose(trace_of(*events), "train.log", running)


def shown(diagnosed: Diagnosed, width: int = 60) -> str:
    """What a terminal without colours shows."""
    out = io.StringIO()
    show_diagnosis(diagnosed, Console(file=out, width=width, highlight=False, emoji=False))
    return out.getvalue()


def in_one_line(text: str) -> str:
    return " ".join(text.split())
