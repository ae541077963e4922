"""How far a training is from learning, for the search: in parts, and one finite number of them. Lower is better.

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
from dataclasses import dataclass

import numpy as np

from autofix.health.rates import WANTED, largest_update
from autofix.health.verdict import Verdict
from autofix.health.view import View

DIVERGED, DEAD, UNDECIDED, BEGUN = 3.0, 2.0, 1.0, 0.9  # where the numbers of each kind begin
STAYS = 0.5  # what a plateau is worse than an open end
WORST = 5.0
DECADES = 8.0  # powers of ten over which a distance counts; a float32 has that many digits
FARTHEST = 0.5  # the most that a distance comes to


@dataclass(frozen=True, slots=True)
class Score:
    """What a probe is worth, in parts, each better the lower it is.

    Args:
        total: what the search goes by; comparable between probes of different length.
        divergence: 0 where nothing diverged, else 1 for what lasted as long as it was watched, to 2 for what was gone
            at once.
        gradients: how far the largest update is from the usual share of its weight, `WANTED`: powers of ten as a share
            of `DECADES`, at most `FARTHEST`; that too where no weight gets a gradient.
        learning: the loss as a share of the constant answer, at most 1.
    """

    total: float
    divergence: float
    gradients: float
    learning: float


def score(verdict: Verdict, view: View, cap: int) -> Score:
    """Return the score of a probe that may take ``cap`` iterations."""
    if verdict is Verdict.FAILED or not len(view):
        return Score(WORST, divergence=2.0, gradients=FARTHEST, learning=1.0)
    diverged = verdict in (Verdict.DIVERGED, Verdict.EXPLODING)
    divergence = 2.0 - min(len(view) / cap, 1.0) if diverged else 0.0
    gradients, learning = _gradients(view), _learning(view)
    return Score(_total(verdict, view, divergence, gradients, learning), divergence, gradients, learning)


def _total(verdict: Verdict, view: View, divergence: float, gradients: float, learning: float) -> float:
    if divergence:
        return DIVERGED - 1.0 + divergence + gradients
    if verdict is Verdict.DEAD:
        return DEAD + gradients
    if verdict is Verdict.STABLE:
        return 0.99 * learning  # below 1 also where it has all to learn yet
    if view.learning.began is not None:
        return BEGUN + (UNDECIDED - BEGUN) * learning
    return UNDECIDED + gradients + (STAYS if verdict is Verdict.NOT_LEARNING else 0.0)


def _learning(view: View) -> float:
    if not np.isfinite(view.loss).any():
        return 1.0
    seen = view.learning
    return max(0.0, min(seen.now / seen.answer, 1.0)) if seen.answer else 1.0


def _gradients(view: View) -> float:
    """How many powers of ten the largest update is from `WANTED`, as a share of `DECADES`."""
    found = largest_update(view)
    if found is None or not np.isfinite(found.share) or found.share <= 0:
        return FARTHEST
    return min(abs(math.log10(found.share / WANTED)) / DECADES, FARTHEST)
