"""A learning rate range test (Smith 2017), natively: one Caffe process whose ``lr_policy: "exp"`` has a gamma above 1.

It tells in some hundred iterations which rates teach the net and which throw it over, where single probes would have to
guess. The rate moves on while the loss still answers to the rates before it (momentum 0.9 remembers ten iterations), so
what is read off is a multiple of the rate that holds for long.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from autofix.health import Decision, Facts, Verdict, View
from autofix.health.learning import Floats
from autofix.search.trial import RangeTest

ITERATIONS = 110
DECADES = 5.5  # powers of ten from the first rate to the last: a factor of 1.12 an iteration
FROM_UPDATE = 3e-6  # of its weight: what the largest update should be at the first rate
FALLBACK = 1e-5  # of the base_lr as written, where no update was logged
START = 20  # losses that make the start, at rates that teach nothing yet
SMOOTH, SMOOTH_MOST = 5, 15  # losses that a median is over, at least and at most: the more, the more batches differ
MEDIAN = 1.25  # standard error of a median of n losses, times sqrt(n), in their standard deviations
SIGMAS = 3.0  # standard errors that a loss must be below the start
OVER = 4.0  # times the start, or the constant answer: it has diverged
BELOW = 0.95  # of the start: the loss has come down for sure
POINTS = 40  # of a curve that is kept
SAFE = 10.0  # the rate of the lowest loss over this holds: in 1 % it surely does not (docs/figures.md)


@dataclass(frozen=True, slots=True)
class Sweep:
    """The rates to go through: ``start`` times ``gamma`` to the power of the iteration."""

    start: float
    gamma: float = 10 ** (DECADES / ITERATIONS)


def sweep(base_lr: float, update: float | None) -> Sweep:
    """Choose the rates so that the updates go from far too small to far too large.

    Args:
        update: the largest of the first iteration at ``base_lr``, as a share of its weight.
    """
    return Sweep(base_lr * (FALLBACK if update is None else FROM_UPDATE / update))


def first_update(view: View) -> float | None:
    """The largest update of the first iteration, as a share of its weight."""
    shares = [float(update[0]) for weight in view.weights if len(update := view.update(weight))]
    known = [share for share in shares if math.isfinite(share) and share > 0]
    return max(known, default=None)


@dataclass(frozen=True)
class SweepJudge:
    """Lets a range test go on until the loss has blown up."""

    facts: Facts
    cap: int = ITERATIONS

    def decide(self, view: View) -> Decision | None:
        """Stop at the limit, or at the end of the rates."""
        if limit(view.loss, self.facts) is not None:
            at = int(view.trace.iterations[-1])
            return Decision(Verdict.DIVERGED, at, f"it diverged at a learning rate of {view.trace.lr[-1]:.2g}")
        return self.conclude(view) if len(view) >= self.cap else None

    def conclude(self, view: View, whole: bool = False) -> Decision:  # noqa: ARG002 -- there is no other end
        """A range test proves nothing by itself."""
        at = int(view.trace.iterations[-1]) if len(view) else 0
        return Decision(Verdict.INCONCLUSIVE, at, "the rates were gone through")


def limit(loss: Floats, facts: Facts) -> int | None:
    """The row at which the loss was over its limit for good, or no number; None if it never was."""
    bad = np.flatnonzero(~np.isfinite(loss))
    if len(bad):
        return int(bad[0])
    if len(loss) < START + SMOOTH:
        return None
    top = OVER * max(float(np.mean(np.abs(loss[:START]))), abs(facts.constant or 0.0))
    over = np.flatnonzero(smooth(loss, SMOOTH) > top)
    return int(over[0]) if len(over) else None


def smooth(loss: Floats, window: int) -> Floats:
    """The median of each loss and those before it; shape ``[N]``. A single bad batch does not count."""
    padded = np.concatenate((np.full(window - 1, loss[0]), loss))
    return np.asarray(np.median(np.lib.stride_tricks.sliding_window_view(padded, window), axis=1))


def lowest(loss: Floats) -> int | None:
    """The row at which a finite loss was lowest, None if it never came below its start beyond doubt."""
    if len(loss) < START + SMOOTH:
        return None
    mean, spread = float(np.mean(loss[:START])), float(np.std(loss[:START]))
    least_fall = (1 - BELOW) * abs(mean)
    window = _window(spread, least_fall)
    calm = smooth(loss, window)
    at = int(np.argmin(calm[START:])) + START
    doubt = max(least_fall, SIGMAS * spread / math.sqrt(window))
    return at - (window - SMOOTH) // 2 if calm[at] < mean - doubt else None


def _window(spread: float, fall: float) -> int:
    """How many losses of that standard deviation a median needs to be no further off than ``fall``; an odd number."""
    wanted = (MEDIAN * spread / fall) ** 2 if fall > 0 else SMOOTH_MOST
    return math.ceil(min(max(wanted, SMOOTH), SMOOTH_MOST)) | 1


def read(view: View, seconds: float, finished: bool = True) -> RangeTest:
    """Read a range test's curve."""
    loss, rates = view.loss, view.trace.lr
    end = limit(loss, view.facts)
    best = lowest(loss[: end if end is not None else len(loss)])
    step = max(1, len(loss) // POINTS)
    kept = [index for index in range(0, len(loss), step) if math.isfinite(loss[index])]
    return RangeTest(
        rates=tuple(float(f"{rates[index]:.4g}") for index in kept),
        losses=tuple(float(f"{loss[index]:.5g}") for index in kept),
        lowest=float(rates[best]) if best is not None else None,
        limit=float(rates[end]) if end is not None else None,
        iterations=len(loss),
        seconds=seconds,
        finished=finished,
    )
