"""Every blob's magnitude over the iterations of one training, thinned out to what fits on a page: facts, no ink."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from autofix.debuginfo import SATURATED, BlobKey, FirstBad, Trace, first_bad
from autofix.debuginfo.trace import FloatArray, Kind

MAX_COLUMNS, MAX_ROWS = 100, 80


@dataclass(frozen=True, eq=False, slots=True)
class Heat:
    """Mean magnitudes of one kind of values: ``R`` rows in net order, ``C`` columns over the iterations.

    Args:
        labels: ``[R]``, such as "conv1" for what goes out of a layer and "conv1[0]" for its first parameter.
        details: ``[R]``, the same in plain words.
        iterations: ``[C]``, the last iteration in each column.
        values: ``[R, C]``, the largest in each column; infinity where it holds a value that is not finite, NaN where
            nothing was logged.
        started: (row, column) at which the first value of the training went that is not finite; None where that
            is not among the rows or all values are finite.
        left_out: rows that were too many for a page.
    """

    kind: Kind
    labels: tuple[str, ...]
    details: tuple[str, ...]
    iterations: tuple[int, ...]
    values: FloatArray
    started: tuple[int, int] | None
    left_out: int

    @property
    def milestones(self) -> tuple[int, ...]:
        """Columns to tell in numbers: the first, the middle and the last."""
        last = len(self.iterations) - 1
        return tuple(dict.fromkeys((0, last // 2, last)))


def heat(trace: Trace, kind: Kind, hidden: frozenset[str] = frozenset()) -> Heat | None:
    """Return the magnitudes of ``kind``, or None where none were logged.

    Args:
        hidden: blobs that are no signal, such as labels.
    """
    wanted = [key for key in _net_order(trace, kind) if key.blob not in hidden and "_split" not in key.layer]
    bad = first_bad(trace)
    iterations, values = _rows(trace, bad)
    if not wanted or not len(iterations):
        return None
    keys = _fitting(wanted, bad)
    edges = np.unique(np.linspace(0, len(iterations), min(len(iterations), MAX_COLUMNS) + 1).astype(int))
    largest = np.maximum.reduceat(values[:, [trace.column(key) for key in keys]], edges[:-1], axis=0).T
    ends = iterations[edges[1:] - 1]
    return Heat(
        kind=kind,
        labels=tuple(_label(trace, key) for key in keys),
        details=tuple(_detail(key) for key in keys),
        iterations=tuple(ends.tolist()),
        values=np.where(largest < 0, np.nan, largest),
        started=_started(keys, ends, bad),
        left_out=len(wanted) - len(keys),
    )


def telling_rows(trace: Trace) -> int:
    """Return how many rows there are up to a little behind the first bad value: then nothing changes any more."""
    bad = first_bad(trace)
    rows = np.flatnonzero(trace.iterations >= bad.iteration) if bad is not None else np.array([])
    return min(len(trace), int(rows[0]) + 3 + int(rows[0]) // 4) if len(rows) else len(trace)


def _net_order(trace: Trace, kind: Kind) -> list[BlobKey]:
    """The keys of ``kind`` from the input to the loss; the backward pass logs them the other way round."""
    place = {layer: index for index, layer in enumerate(trace.layers)}
    keys = (key for key in trace.keys if key.kind == kind and key.role != "update" and key.layer in place)
    return sorted(keys, key=lambda key: place[key.layer])


def _rows(trace: Trace, bad: FirstBad | None) -> tuple[npt.NDArray[np.int64], FloatArray]:
    """Iterations ``[N]`` and values ``[N, K]``, -1 where nothing was logged, up to what `telling_rows` tells."""
    end = telling_rows(trace)
    iterations, values, logged = trace.iterations[:end], trace.values[:end], trace.logged[:end]
    if trace.partial is not None and bad is not None and bad.iteration == trace.partial.iteration:
        iterations = np.append(iterations, trace.partial.iteration)
        values = np.vstack([values, trace.partial.values])
        logged = np.vstack([logged, trace.partial.logged])
    with np.errstate(invalid="ignore"):
        finite = np.where(np.abs(values) < SATURATED, values, np.inf)
    return iterations, np.where(logged, finite, -1.0)


def _fitting(keys: list[BlobKey], bad: FirstBad | None) -> list[BlobKey]:
    """The rows that fit on a page: of a very deep net the weights, and where the first bad value went."""
    if len(keys) <= MAX_ROWS:
        return keys
    weights = {(key.layer, key.role): key for key in reversed(keys) if key.role == "param"}.values()
    chosen = [key for key in keys if key in weights] or keys
    chosen = chosen[:: -(-len(chosen) // MAX_ROWS)]
    return [key for key in keys if key in chosen or _is_where(key, bad)]


def _is_where(key: BlobKey, bad: FirstBad | None) -> bool:
    return bad is not None and (key.layer, key.blob, key.kind) == (bad.layer, bad.blob, bad.kind)


def _started(keys: list[BlobKey], ends: npt.NDArray[np.int64], bad: FirstBad | None) -> tuple[int, int] | None:
    row = next((index for index, key in enumerate(keys) if _is_where(key, bad)), None)
    if row is None or bad is None:
        return None
    return row, min(int(np.searchsorted(ends, bad.iteration)), len(ends) - 1)


def _label(trace: Trace, key: BlobKey) -> str:
    if key.role == "param":
        params = trace.params(key.layer)
        return f"{key.layer}[{params.index(key) if key in params else key.blob}]"
    beside = trace.tops(key.layer) if key.role == "top" else trace.bottom_diffs(key.layer)
    return key.layer if len(beside) == 1 else f"{key.layer} {key.blob}"


def _detail(key: BlobKey) -> str:
    if key.role == "param":
        return f"{'parameter' if key.kind == 'data' else 'gradient of parameter'} {key.blob} of layer {key.layer}"
    if key.role == "top":
        return f"output {key.blob} of layer {key.layer}"
    return f"gradient that layer {key.layer} hands back to {key.blob}"
