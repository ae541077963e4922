"""One finite number for the search: how far a training is from learning. Lower is better.

===========  ==========================================================================================
0 to 1       it learns: the loss as a share of the constant answer
1 to 2       undecided, or it stays at the constant answer: less the more its slowest weight moves
2 to 3       no or hardly any gradient
3 to 5       it diverged: less the longer it lasted and the less its first step overshot
===========  ==========================================================================================

Diverged probes teach the sampler only if their scores are finite and graded: a NaN score is forgotten.
"""

from __future__ import annotations

import math

import numpy as np

from autofix.health.rates import WANTED, largest_update
from autofix.health.verdict import Verdict
from autofix.health.view import View

DECADES = 8.0  # powers of ten over which a distance counts


def score(verdict: Verdict, view: View, cap: int) -> float:
    """Return the score of a probe that may take ``cap`` iterations."""
    if verdict is Verdict.FAILED or not len(view):
        return 5.0
    if verdict in (Verdict.DIVERGED, Verdict.EXPLODING):
        return 3.0 + (1 - min(len(view) / cap, 1.0)) + _decades(_update(view), WANTED)
    if verdict is Verdict.DEAD:
        return 2.0 + _decades(_update(view), WANTED)
    seen = view.learning
    share = max(0.0, min(seen.now / seen.answer, 1.0)) if seen.answer else 1.0
    if verdict is Verdict.STABLE:
        return 0.99 * share
    if seen.began is not None:
        return 0.9 + 0.1 * share
    return 1.0 + _decades(_update(view), WANTED) + (0.5 if verdict is Verdict.NOT_LEARNING else 0.0)


def _update(view: View) -> float:
    found = largest_update(view)
    return found.share if found is not None else math.nan


def _decades(value: float, wanted: float) -> float:
    """How many powers of ten ``value`` is from ``wanted``, as a share of `DECADES`, at most 0.5."""
    if not np.isfinite(value) or value <= 0:
        return 0.5
    return min(abs(math.log10(value / wanted)) / DECADES, 0.5)
