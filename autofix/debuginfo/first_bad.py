"""Where the first value went that is not a number: the blob it started in, not the loss it reached."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from autofix.debuginfo.finite import are_bad, is_bad
from autofix.debuginfo.trace import NORM_NAMES, BlobKey, BoolArray, FloatArray, Trace

Step: TypeAlias = Literal["forward", "backward", "update", "loss"]


@dataclass(frozen=True, slots=True)
class FirstBad:
    """The first value in a log that is NaN, infinite, or the largest float (3.40282e+38).

    Args:
        iteration: the number on its ``Iteration`` line; for an orphan block the number that would have come.
        phase: the step of the training that made it. "update" when weights are bad at the start of an
            iteration while the one logged before was sound: its update (or, if iterations between were not
            logged, the update of one of these) made them so. With kind "diff" it is the step itself that is bad,
            which logs until 2015 tell in their ``[Update]`` lines.
        layer: None where the log names none: a loss, a learning rate, a norm over the net.
        blob: as printed; for a loss among several, the output's name.
        kind: what went bad.
        value: as logged.
    """

    iteration: int
    phase: Step
    layer: str | None
    blob: str | None
    kind: Literal["data", "diff", "loss", "lr"]
    value: float


def first_bad(trace: Trace) -> FirstBad | None:
    """Return the first bad value in log order, or None."""
    if trace.bad_rows.any():
        row = int(np.argmax(trace.bad_rows))
        found = _in_blobs(trace, trace.values[row], trace.logged[row], int(trace.iterations[row]))
        return found or _in_scalars(trace, row)
    if trace.partial is not None:
        return _in_blobs(trace, trace.partial.values, trace.partial.logged, trace.partial.iteration)
    return None


def _in_blobs(trace: Trace, values: FloatArray, logged: BoolArray, iteration: int) -> FirstBad | None:
    columns = np.flatnonzero(are_bad(values) & logged)
    if not len(columns):
        return None
    # Weights are printed behind their layer's output, but were there before this iteration's forward pass.
    weights = [column for column in columns if is_weight(trace, trace.keys[column])]
    column = weights[0] if weights else columns[0]
    key = trace.keys[column]
    step: Step = "forward" if key.kind == "data" else "backward"
    if weights or key.role == "update":
        step = "update"
    return FirstBad(iteration, step, key.layer, key.blob, key.kind, float(values[column]))


def is_weight(trace: Trace, key: BlobKey) -> bool:
    """Return whether a column tells of weights as they were before its iteration."""
    return key.role in ("param", "update") and key.kind == "data" and not trace.keeps_statistics(key.layer)


def _in_scalars(trace: Trace, row: int) -> FirstBad:
    iteration = int(trace.iterations[row])
    for name, value in zip(NORM_NAMES, trace.norms[row], strict=True):
        if np.isinf(value):
            is_data = name.endswith("data")
            return FirstBad(
                iteration,
                "update" if is_data else "backward",
                None,
                None,
                "data" if is_data else "diff",
                float(value),
            )
    if trace.loss_logged[row] and is_bad(trace.loss[row]):
        return FirstBad(iteration, "loss", None, None, "loss", float(trace.loss[row]))
    for name in trace.loss_weights:
        if np.isinf(trace.outputs[name][row]):
            return FirstBad(iteration, "loss", None, name, "loss", float(trace.outputs[name][row]))
    return FirstBad(iteration, "update", None, None, "lr", float(trace.lr[row]))
