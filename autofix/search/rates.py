"""Which base_lr to try next, of what a finding asks for and what a range test showed."""

from __future__ import annotations

from autofix.health import Verdict
from autofix.search.range_test import SAFE
from autofix.search.trial import RangeTest

HOT = (Verdict.DIVERGED, Verdict.EXPLODING)
COLD = (Verdict.NOT_LEARNING, Verdict.INCONCLUSIVE, Verdict.DEAD)
MILD = 0.3  # factor on base_lr of a training that was thrown over, at least
NOTABLE = 2.0  # times: a rate of the range test that is nearer to the present one is no cure


def safe_rate(test: RangeTest | None, growth: float) -> float | None:
    """The base_lr that a range test allows; None where it does not tell.

    Args:
        growth: times that the schedule raises it later.
    """
    return None if test is None or test.lowest is None else test.lowest / SAFE / growth


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
    return safe if (lower and (factor is None or factor < 1)) or (higher and (factor is None or factor > 1)) else None
