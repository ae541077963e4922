"""Magnitudes of every layer over the iterations, a row of characters for each: facts, no ink."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from autofix.debuginfo import BlobKey, Trace
from autofix.debuginfo.finite import are_bad
from autofix.debuginfo.trace import BoolArray, FloatArray
from autofix.health import View
from autofix.report.heat import telling_rows

LEVELS = "▁▂▃▄▅▆▇█"
BAD, ZERO, NOTHING = "×", "·", " "
SMALLEST, LARGEST = 1e-12, 1e12  # beyond these, more or less makes no difference
MOST = 24  # rows of a plot


@dataclass(frozen=True, slots=True)
class Strip:
    """One blob's mean absolute values.

    Args:
        cells: a character for each part of the training, the higher the larger; `BAD` for one with NaN or infinity,
            `ZERO` for one that is zero throughout.
        first, last: the first and the last logged value.
    """

    label: str
    cells: str
    first: float
    last: float


@dataclass(frozen=True, slots=True)
class Plot:
    """Strips on one logarithmic scale, from ``low`` to ``high``, both 0 where nothing but zeros is to be drawn.

    ``left_out`` is how many strips were too many.
    """

    title: str
    low: float
    high: float
    strips: tuple[Strip, ...]
    left_out: int


def plots(view: View, width: int) -> tuple[Plot, ...]:
    """Return the loss, what goes forward and what comes back, as far as it was logged.

    Args:
        width: characters, at most.
    """
    trace = view.trace
    if not len(trace):
        return ()
    weights = [key for weight in view.weights if (key := trace.param_diff(weight.layer, weight.index)) is not None]
    rows = slice(0, telling_rows(trace))
    loss, has_loss = trace.loss[rows, None], trace.loss_logged[rows, None]
    found = (
        _drawn("Loss", ["loss"], loss, has_loss, width) if has_loss.any() else None,
        _plot("Outputs, mean |x|", trace, _outputs(view), rows, width),
        _plot("Gradients of weights, mean |g|", trace, weights, rows, width),
    )
    return tuple(plot for plot in found if plot is not None)


def shown_until(view: View) -> int | None:
    """Return the last iteration of the plots where they leave out what follows a bad value; else None."""
    end = telling_rows(view.trace)
    return int(view.trace.iterations[end - 1]) if end < len(view) else None


def _outputs(view: View) -> list[BlobKey]:
    """The inputs and the first output of each layer with weights; without weights, all outputs."""
    trace = view.trace
    data = [BlobKey(entry.layer, entry.blob, "top", "data") for entry in view.inputs]
    layers = dict.fromkeys(weight.layer for weight in view.weights)
    weighty = [top for layer in layers for top in trace.tops(layer)[:1]]
    chosen = [*data, *weighty] if weighty else [top for layer in trace.layers for top in trace.tops(layer)]
    return list(dict.fromkeys(chosen))


def _plot(title: str, trace: Trace, keys: list[BlobKey], rows: slice, width: int) -> Plot | None:
    if not keys:
        return None
    columns = [trace.column(key) for key in keys]
    labels = [_label(key, keys) for key in keys]
    return _drawn(title, labels, trace.values[rows, columns], trace.logged[rows, columns], width)


def _drawn(title: str, labels: list[str], values: FloatArray, logged: BoolArray, width: int) -> Plot:
    """A plot of ``[N, K]`` values; of too many rows, every second, third and so on."""
    every = -(-len(labels) // MOST)
    labels_shown, values, logged = labels[::every], values[:, ::every], logged[:, ::every]
    largest = _binned(np.where(logged, np.where(are_bad(values), np.inf, np.abs(values)), -1.0), width)
    sound = largest[np.isfinite(largest) & (largest > 0)]
    low, high = (float(np.clip(end(sound), SMALLEST, LARGEST)) if len(sound) else 0.0 for end in (np.min, np.max))
    strips = tuple(
        Strip(label, "".join(_cell(value, low, high) for value in cells), *_ends(values[logged[:, place], place]))
        for place, (label, cells) in enumerate(zip(labels_shown, largest.T.tolist(), strict=True))
    )
    return Plot(title, low, high, strips, len(labels) - len(labels_shown))


def _binned(values: FloatArray, width: int) -> FloatArray:
    """The largest of each of at most ``width`` parts: ``[N, K]`` to ``[C, K]``."""
    edges = np.unique(np.linspace(0, len(values), min(len(values), width) + 1).astype(int))
    return np.asarray(np.maximum.reduceat(values, edges[:-1], axis=0))


def _cell(value: float, low: float, high: float) -> str:
    if value == np.inf:
        return BAD
    if value <= 0:
        return ZERO if value == 0 else NOTHING
    if high <= low:
        return LEVELS[len(LEVELS) // 2]
    share = np.log(np.clip(value, low, high) / low) / np.log(high / low)
    return LEVELS[round(float(share) * (len(LEVELS) - 1))]


def _ends(seen: FloatArray) -> tuple[float, float]:
    return (float(seen[0]), float(seen[-1])) if len(seen) else (np.nan, np.nan)


def _label(key: BlobKey, keys: Iterable[BlobKey]) -> str:
    alone = sum(other.layer == key.layer for other in keys) == 1
    return key.layer if alone else f"{key.layer} {key.blob}"
