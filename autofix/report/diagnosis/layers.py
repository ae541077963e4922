"""Every layer's gain and its weights' steps, at the first iteration and at the last sound one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from autofix.debuginfo import BlobKey, Trace, first_bad
from autofix.health import View
from autofix.health.view import Weight


@dataclass(frozen=True, slots=True)
class Ends:
    """A quantity at the first and at the last sound iteration; NaN where the log does not tell."""

    first: float
    last: float


@dataclass(frozen=True, slots=True)
class LayerRow:
    """One layer with weights.

    Args:
        index: which of the layer's parameters.
        gain: mean |x| of the output in units of that of the input.
        weight: mean |w|.
        gradient: mean |gradient|, as logged: the sum over iter_size, before clipping.
        update: the step as a share of the weight, lr x lr_mult x mean |gradient| / mean |w|.
    """

    layer: str
    index: int
    gain: Ends
    weight: Ends
    gradient: Ends
    update: Ends


@dataclass(frozen=True, slots=True)
class LayerTable:
    """The layers with weights in net order, and the iterations that ``Ends`` are of; None where there are none."""

    first: int | None
    last: int | None
    rows: tuple[LayerRow, ...]


def layer_table(view: View) -> LayerTable:
    """Return the table; it is empty where the log has no debug_info."""
    steps = _sound(view)
    if not len(steps):
        return LayerTable(None, None, ())
    first, last = int(steps[0]), int(steps[-1])
    iterations = view.trace.iterations[view.steps]
    rows = tuple(_rows(view, first, last))
    return LayerTable(int(iterations[first]), int(iterations[last]), rows)


def _sound(view: View) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
    """Places in ``view.steps`` before the first bad value; all of them if it came in the first."""
    places, bad = np.arange(len(view.steps)), first_bad(view.trace)
    before = places[view.step_iterations < bad.iteration] if bad is not None else places
    return before if len(before) else places[:1]


def _rows(view: View, first: int, last: int) -> Iterator[LayerRow]:
    for weight in view.weights:
        gain = _gain(view.trace, weight)[view.steps]
        series = (gain, view.data(weight), view.gradient(weight), view.update(weight))
        ends = [Ends(float(values[first]), float(values[last])) for values in series]
        yield LayerRow(weight.layer, weight.index, *ends)


def _gain(trace: Trace, weight: Weight) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Output over input, ``[N]``; NaN where one of them was not logged."""
    tops = trace.tops(weight.layer)
    entering = _input(trace, tops[0]) if tops else None
    if entering is None:
        return np.full(len(trace), np.nan)
    with np.errstate(all="ignore"):
        return np.asarray(trace.series(tops[0]) / trace.series(entering))


def _input(trace: Trace, top: BlobKey) -> BlobKey | None:
    """The output that enters a layer: the last one logged before it of its first input blob's name.

    A log without the setup lines tells that name where the layer hands a gradient back to it; of the first layers, the
    first output of the layer logged just before is taken, as data comes before its labels.
    """
    bottoms = trace.bottoms.get(top.layer, ())[:1] or [key.blob for key in trace.bottom_diffs(top.layer)[:1]]
    before = reversed(trace.keys[: trace.column(top)])
    outputs = (key for key in before if key.role == "top" and key.layer != top.layer)
    if bottoms:
        return next((key for key in outputs if key.blob in bottoms), None)
    nearest = next(outputs, None)
    return trace.tops(nearest.layer)[0] if nearest is not None else None
