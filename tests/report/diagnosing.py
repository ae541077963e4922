"""Trainings in a few lines, and what is said of them."""

from __future__ import annotations

import io
from collections.abc import Iterable

from rich.console import Console

from autofix.debuginfo import (
    Backward,
    Event,
    Forward,
    IterationLoss,
    LearningRate,
    NetText,
    TopShape,
    Trace,
    TraceBuilder,
    Wired,
)
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


HEALTHY = [block(iteration, loss=0.7 - 0.01 * iteration) for iteration in range(5)]
SICK = [block(0), block(1), block(2, x=NAN, loss=NAN)]


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


def told(diagnosed: Diagnosed, code: str) -> str:
    """The explanation of a finding."""
    return next(finding.explanation for finding in diagnosed.diagnosis.findings if finding.code == code)


SOFTMAX = 'type: "SoftmaxWithLoss"'


def net(
    *, data: str = 'type: "HDF5Data"', filler: str = 'type: "xavier"', outputs: int = 10, loss: str = SOFTMAX
) -> list[Event]:
    """What Caffe prints of a net of one layer with 100 inputs."""
    text = f"""
        layer {{ name: "digits" {data} top: "data" top: "label" }}
        layer {{ name: "fc" type: "InnerProduct" bottom: "data" top: "fc"
                 inner_product_param {{ num_output: {outputs} weight_filler {{ {filler} }} }} }}
        layer {{ name: "loss" {loss} bottom: "fc" bottom: "label" top: "loss" }}
    """
    shapes = [TopShape("digits", "data", (8, 100), "train"), TopShape("fc", "fc", (8, outputs), "train")]
    return [NetText(text, "train"), *shapes, Wired("fc", "data", False, "train")]


def losses(*values: float, start: int = 0) -> list[Event]:
    """Iterations without debug_info."""
    return [
        event
        for iteration, loss in enumerate(values, start)
        for event in (IterationLoss(iteration, loss), LearningRate(iteration, 0.01))
    ]


def codes(diagnosed: Diagnosed) -> set[str]:
    return {finding.code for finding in diagnosed.diagnosis.findings}
