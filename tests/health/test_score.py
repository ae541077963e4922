"""Scores are finite, and order trainings as a person would."""

from __future__ import annotations

import math
from collections.abc import Callable

from autofix.health import Judge, Verdict, View, score

Recorded = Callable[[str], View]
JUDGE = Judge(cap=300)
BEST_TO_WORST = ["health/learns", "health/nothing-to-learn", "debuginfo/zero-diffs", "debuginfo/nan-forward"]


def scored(view: View) -> float:
    return score((JUDGE.decide(view) or JUDGE.conclude(view)).verdict, view, JUDGE.cap)


def test_learning_beats_a_plateau_beats_death_beats_divergence(recorded: Recorded) -> None:
    scores = [scored(recorded(log)) for log in BEST_TO_WORST]
    assert scores == sorted(scores)


def test_a_training_that_lasts_longer_scores_better(recorded: Recorded) -> None:
    early, late = recorded("debuginfo/iter-size-nan"), recorded("debuginfo/nan-forward")
    assert score(Verdict.DIVERGED, late, 300) < score(Verdict.DIVERGED, early, 300)


def test_every_score_is_finite(recorded: Recorded) -> None:
    for log in ("debuginfo/nan-lr", "debuginfo/nan-input", "debuginfo/no-debug-info", "health/saturated"):
        for verdict in Verdict:
            assert math.isfinite(score(verdict, recorded(log), 300))
