"""What the log of one training shows: its loss, its magnitudes, its layers. Facts, no ink."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from autofix.debuginfo import Trace, first_bad, is_bad, read_trace
from autofix.health import Facts, Gain, Verdict, View, gains
from autofix.health.blame import describe
from autofix.report.heat import Heat, heat

MAX_POINTS = 150


@dataclass(frozen=True, slots=True)
class Curve:
    """The loss over the iterations, each point the mean of a few; shapes agree.

    Args:
        bad_at: the first iteration whose loss is not finite, or None. The points end before it.
    """

    iterations: tuple[int, ...]
    loss: tuple[float, ...]
    bad_at: int | None


@dataclass(frozen=True, slots=True)
class Share:
    """The steps of one layer's weights as shares of their size: lowest, median and highest over the iterations."""

    layer: str
    low: float
    middle: float
    high: float


@dataclass(frozen=True, eq=False, slots=True)
class RunFacts:
    """One training.

    Args:
        name: of its folder under ``probes/``.
        title: what it is here: "as written", "the fix", "seed 2".
        count: iterations that were logged.
        gains: of the layers at the first iteration.
        blame: where the first value that is not finite went, in one sentence; empty if all are.
    """

    name: str
    title: str
    verdict: Verdict
    why: str
    count: int
    loss: Curve
    data: Heat | None
    diff: Heat | None
    gains: tuple[Gain, ...]
    shares: tuple[Share, ...]
    blame: str


def read_run(log: Path, title: str, verdict: Verdict, why: str, facts: Facts) -> RunFacts:
    """Return what ``log`` shows.

    Raises:
        InputError: it is missing, or no log of Caffe's.
    """
    return run_facts(View(facts, read_trace(log)), log.parent.name, title, verdict, why)


def run_facts(view: View, name: str, title: str, verdict: Verdict, why: str) -> RunFacts:
    """Return what the trace of ``view`` shows."""
    trace, bad = view.trace, first_bad(view.trace)
    return RunFacts(
        name=name,
        title=title,
        verdict=verdict,
        why=why,
        count=len(trace),
        loss=_curve(trace),
        data=heat(trace, "data", _labels(view)),
        diff=heat(trace, "diff"),
        gains=gains(view),
        shares=tuple(_shares(view)),
        blame=describe(view, bad) if bad is not None else "",
    )


def _curve(trace: Trace) -> Curve:
    bad = next((row for row in range(len(trace)) if trace.loss_logged[row] and is_bad(trace.loss[row])), None)
    rows = np.flatnonzero(trace.loss_logged[:bad])
    bins = np.array_split(rows, min(len(rows), MAX_POINTS)) if len(rows) else []
    return Curve(
        iterations=tuple(int(trace.iterations[part[-1]]) for part in bins),
        loss=tuple(float(np.mean(trace.loss[part])) for part in bins),
        bad_at=int(trace.iterations[bad]) if bad is not None else None,
    )


def _shares(view: View) -> Iterator[Share]:
    for weight in view.weights:
        update = view.update(weight)
        finite = update[np.isfinite(update)]
        if len(finite):
            low, middle, high = (float(value) for value in np.percentile(finite, (0, 50, 100)))
            name = f"{weight.layer}[{weight.index}]" if weight.index else weight.layer
            yield Share(name, low, middle, high)


def _labels(view: View) -> frozenset[str]:
    """Blobs of the data layers that no weight sees as a signal."""
    if view.net is None:
        return frozenset()
    return frozenset(top for data in view.net.inputs for top in data.tops if top not in data.features)
