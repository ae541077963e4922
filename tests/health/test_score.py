"""Scores are finite, and order trainings as a person would."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import astuple

from autofix.health import Judge, Verdict, View, score

Recorded = Callable[[str], View]
JUDGE = Judge(cap=300)
BEST_TO_WORST = ["health/learns", "health/nothing-to-learn", "debuginfo/zero-diffs", "debuginfo/nan-forward"]


def scored(view: View) -> float:
    return score((JUDGE.decide(view) or JUDGE.conclude(view)).verdict, view, JUDGE.cap).total


def test_learning_beats_a_plateau_beats_death_beats_divergence(recorded: Recorded) -> None:
    scores = [scored(recorded(log)) for log in BEST_TO_WORST]
    assert scores == sorted(scores)


def test_a_training_that_lasts_longer_scores_better(recorded: Recorded) -> None:
    early, late = recorded("debuginfo/iter-size-nan"), recorded("debuginfo/nan-forward")
    late_score, early_score = (score(Verdict.DIVERGED, view, 300) for view in (late, early))
    assert late_score.total < early_score.total
    assert late_score.divergence < early_score.divergence


def test_divergence_and_gradients_are_told_apart(recorded: Recorded) -> None:
    dead, gone = recorded("debuginfo/zero-diffs"), recorded("debuginfo/nan-forward")
    assert score(Verdict.DEAD, dead, 300).divergence == 0
    assert 1 < score(Verdict.DIVERGED, gone, 300).divergence <= 2
    assert score(Verdict.DEAD, dead, 300).gradients > score(Verdict.STABLE, recorded("health/learns"), 300).gradients


def test_every_score_is_finite(recorded: Recorded) -> None:
    for log in ("debuginfo/nan-lr", "debuginfo/nan-input", "debuginfo/no-debug-info", "health/saturated"):
        for verdict in Verdict:
            assert all(math.isfinite(part) for part in astuple(score(verdict, recorded(log), 300)))
