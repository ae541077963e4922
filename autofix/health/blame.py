"""Where a NaN or an infinity came from, in one sentence."""

from __future__ import annotations

import numpy as np

from autofix.debuginfo import BlobKey, FirstBad, quoted
from autofix.health.view import View


def describe(view: View, bad: FirstBad) -> str:
    """Return one sentence on the first value that is not finite."""
    if bad.kind in ("loss", "lr"):
        what = "the loss" if bad.kind == "loss" else "the learning rate"
        return f"{what} is {bad.value:g} at iteration {bad.iteration}"
    if bad.layer is not None and bad.phase == "update" and bad.kind == "diff":
        what = f"the step of parameter {quoted(bad.blob or '')} of layer {quoted(bad.layer)}"
        return f"{what} is {bad.value:g} in the update of iteration {bad.iteration}, the first value to go"
    if bad.layer is not None and bad.phase == "update":
        when = f"when iteration {bad.iteration} begins, the first value to go: {_maker(view, bad)}"
        return f"parameter {quoted(bad.blob or '')} of layer {quoted(bad.layer)} is {bad.value:g} {when}"
    if bad.layer is not None:
        is_param = (bad.layer, bad.blob, "param", bad.kind) in view.trace.keys
        blob = f"{'parameter' if is_param else 'blob'} {quoted(bad.blob or '')}"
        where = f"the {bad.kind} of {blob} of layer {quoted(bad.layer)}"
        return f"{where} is {bad.value:g} in the {bad.phase} pass of iteration {bad.iteration}, the first value to go"
    largest = culprit(view, bad)
    beside = f"; largest is the {_size(view, largest, bad.iteration)}" if largest is not None else ""
    what = "gradients" if bad.kind == "diff" else "weights"
    return f"the norm of all {what} is {bad.value:g} at iteration {bad.iteration}, too large for a float{beside}"


def _maker(view: View, bad: FirstBad) -> str:
    """Which update made a weight bad."""
    before = view.trace.iterations[view.trace.iterations < bad.iteration]
    if not len(before):
        return "it was so from the start" if bad.iteration == 0 else "the log does not show which update made it so"
    if before[-1] == bad.iteration - 1:
        return f"the update of iteration {before[-1]} made it so"
    return f"an update since iteration {before[-1]} made it so"


def culprit(view: View, bad: FirstBad) -> BlobKey | None:
    """Return the parameter with the largest mean in the iteration in which a norm overflowed."""
    rows = np.flatnonzero(view.trace.iterations == bad.iteration)
    columns = [i for i, key in enumerate(view.trace.keys) if key.role == "param" and key.kind == bad.kind]
    if not len(rows) or not columns:
        return None
    values = view.trace.values[rows[-1], columns]
    return view.trace.keys[columns[int(np.argmax(values))]]


def called(key: BlobKey) -> str:
    """What a column of a trace holds, in words."""
    kind = "parameter" if key.role in ("param", "update") else "blob"
    return f"{key.kind} of {kind} {quoted(key.blob)} of layer {quoted(key.layer)}"


def _size(view: View, key: BlobKey, iteration: int) -> str:
    value = view.trace.series(key)[view.trace.iterations == iteration][-1]
    return f"{called(key)}, {value:.3g} on average"
