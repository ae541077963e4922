"""Which base_lr to try next, of what a finding asks for and what a range test showed."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from autofix.health import Verdict
from autofix.model import Solver
from autofix.search.range_test import SAFE
from autofix.search.trial import RangeTest, Trial

HOT = (Verdict.DIVERGED, Verdict.EXPLODING)
COLD = (Verdict.NOT_LEARNING, Verdict.INCONCLUSIVE, Verdict.DEAD)
SLOW = (Verdict.NOT_LEARNING, Verdict.INCONCLUSIVE)
MILD = 0.3  # factor on base_lr of a training that was thrown over, at least
APART = 4.0  # times: rates closer than that have no rate worth trying between them
# As in Caffe's own examples; RMSProp's, which is 0.01 there, as G. Hinton suggests (S. Ruder 2016).
USUAL, USUAL_OTHERS = 0.01, {"Adam": 0.001, "RMSProp": 0.001, "AdaDelta": 1.0}
NOTABLE = 2.0  # times: a rate of the range test that is nearer to the present one is no cure


def usable(base_lr: float) -> bool:
    """Whether a net can learn with it at all: it is missing, zero, negative or no number else."""
    return math.isfinite(base_lr) and base_lr > 0


def written_or_usual(solver: Solver) -> float:
    """The base_lr as written, or a usual one where that is not usable."""
    return solver.base_lr if usable(solver.base_lr) else USUAL_OTHERS.get(solver.type, USUAL)


def safe_rate(test: RangeTest | None, growth: float) -> float | None:
    """The base_lr that a range test allows; None where it does not tell.

    Args:
        growth: times that the schedule raises it later.
    """
    best = best_rate(test, growth)
    return None if best is None else best / SAFE


def next_rate(
    now: float, verdict: Verdict, factor: float | None, test: RangeTest | None, growth: float
) -> float | None:
    """The base_lr to try after ``now``; None where another is no help.

    Args:
        factor: on base_lr, of a finding's remedy; None if none speaks of it.
    """
    safe = safe_rate(test, growth)
    if safe is None:
        if factor is None or (factor > 1 and test is not None):
            return None  # no rate teaches this net
        limit = test.limit if test is not None else None
        return factor * now if limit is None else min(factor * now, limit / SAFE)
    if verdict in HOT and factor is not None and factor < 1:
        return min(safe, MILD * now)
    lower, higher = safe <= now / NOTABLE, safe >= NOTABLE * now
    if (lower and (factor is None or factor < 1)) or (higher and (factor is None or factor > 1)):
        return safe
    near = not lower and not higher and verdict in SLOW and (factor is None or factor > 1)
    return bolder(now, best_rate(test, growth)) if near else None


def best_rate(test: RangeTest | None, growth: float) -> float | None:
    """The base_lr with which a schedule just reaches the rate of the range test's lowest loss; None if not known."""
    return None if test is None or test.lowest is None else test.lowest / growth


def bolder(now: float, best: float | None) -> float | None:
    """A base_lr between ``now``, which teaches too slowly, and the `best_rate`; None if that is near or not known."""
    return math.sqrt(now * best) if best is not None and best >= APART * now else None


def bracket(trials: Sequence[Trial], base_lr: Callable[[Trial], float]) -> tuple[Trial, Trial] | None:
    """The fastest that a rate does not teach and the slowest that one throws over, of trials that differ in that alone.

    None where there are no such two, or no rate is worth trying between theirs.
    """
    kin = sorted(trials, key=base_lr)
    hot = next((trial for at, trial in enumerate(kin) if _thrown_over(trial, kin[:at])), None)
    if hot is None:
        return None
    untaught = (trial for trial in reversed(kin[: kin.index(hot)]) if trial.verdict in COLD and not trial.restless)
    cold = next(untaught, None)
    apart = cold is not None and base_lr(hot) >= APART * base_lr(cold)
    return (cold, hot) if cold is not None and apart else None


def _thrown_over(trial: Trial, slower: Sequence[Trial]) -> bool:
    """Whether a rate was too much for it: another kind of death counts where a lower rate left it undecided."""
    alive = any(other.verdict in COLD and other.verdict is not Verdict.DEAD for other in slower)
    return trial.verdict in HOT or (trial.verdict is Verdict.DEAD and alive)
