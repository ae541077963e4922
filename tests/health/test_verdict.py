"""A verdict is reached as early as it is certain, and never before."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator

import numpy as np
import pytest

from autofix.debuginfo import IterationLoss, LearningRate, TraceBuilder
from autofix.health import Facts, Judge, Verdict, View

Recorded = Callable[[str], View]
Growing = Callable[[str], Iterator[View]]
Losses = Callable[[np.ndarray], Iterator[View]]
LONG = Judge(cap=10_000, give_up=10_000)

VERDICTS = {
    "debuginfo/nan-forward": (Verdict.DIVERGED, 7),
    "debuginfo/nan-backward": (Verdict.DIVERGED, 5),
    "debuginfo/nan-input": (Verdict.DIVERGED, 5),
    "debuginfo/nan-lr": (Verdict.DIVERGED, 0),
    "debuginfo/late-collapse": (Verdict.DIVERGED, None),
    "debuginfo/exploding": (Verdict.EXPLODING, None),
    "debuginfo/zero-diffs": (Verdict.DEAD, None),
    "health/saturated": (Verdict.DIVERGED, None),
    "health/below-zero": (Verdict.DIVERGED, None),
    "health/learns": (Verdict.STABLE, None),
    "health/nothing-to-learn": (Verdict.INCONCLUSIVE, None),  # a plateau may end
    "debuginfo/healthy": (Verdict.INCONCLUSIVE, None),  # twenty iterations prove nothing
    "health/slow": (Verdict.INCONCLUSIVE, None),
}


def live(views: Iterable[View], judge: Judge) -> tuple[Verdict, int] | None:
    """The verdict of a judge who sees the trace grow, and after how many rows."""
    for view in views:
        if decision := judge.decide(view):
            return decision.verdict, len(view)
    return None


@pytest.mark.parametrize("log", VERDICTS)
def test_recorded(log: str, recorded: Recorded) -> None:
    view = recorded(log)
    verdict, iteration = VERDICTS[log]
    decision = LONG.decide(view) or LONG.conclude(view)
    assert decision.verdict is verdict
    assert iteration in (None, decision.iteration)


@pytest.mark.parametrize("log", [log for log, (verdict, _) in VERDICTS.items() if verdict is not Verdict.STABLE])
def test_what_does_not_end_well_is_never_called_stable_on_the_way(log: str, growing: Growing) -> None:
    found = live(growing(log), LONG)
    assert found is None or found[0] is not Verdict.STABLE


def test_nan_is_seen_in_the_iteration_it_comes_in(growing: Growing) -> None:
    assert live(growing("debuginfo/nan-forward"), LONG) == (Verdict.DIVERGED, 8)


def concluded(views: Iterator[View]) -> Verdict:
    *_, whole = views
    return LONG.conclude(whole).verdict


NOISE = np.random.default_rng(0).normal(0, 0.05, 400)


def test_a_plateau_proves_nothing_however_long(losses: Losses) -> None:
    assert live(losses(np.log(2) + NOISE), LONG) is None
    assert concluded(losses(np.log(2) + NOISE)) is Verdict.INCONCLUSIVE


def test_what_stays_on_its_plateau_to_the_end_has_not_learned(losses: Losses) -> None:
    *_, whole = losses(np.log(2) + NOISE)
    assert LONG.conclude(whole, whole=True).verdict is Verdict.NOT_LEARNING


def test_a_fall_to_the_constant_answer_is_no_learning(losses: Losses) -> None:
    fall = np.log(2) + 100 * np.exp(-np.arange(400) / 20) + 0.1 * NOISE
    assert live(losses(fall), LONG) is None
    assert concluded(losses(fall)) is not Verdict.STABLE


def test_after_a_late_start_it_is_watched_as_long_again(losses: Losses) -> None:
    late = np.where(np.arange(400) < 130, np.log(2), 0.3) + NOISE
    found = live(losses(late), LONG)
    assert found is not None
    assert found[0] is Verdict.STABLE
    assert found[1] > 2 * 130


def test_a_loss_that_multiplies_is_told_before_it_is_out_of_bounds(losses: Losses) -> None:
    assert live(losses(np.array([0.7, 0.8, 3.0, 12.0, 50.0, 200.0])), LONG) == (Verdict.EXPLODING, 4)
    assert live(losses(np.array([0.7, 0.8, 0.8, 500.0, 0.8, 0.8])), LONG) is None  # an odd record
    assert live(losses(np.array([0.7, 0.8, 3.0, 6.0, 12.0, 9.0])), LONG) is None  # a wobble


@pytest.mark.parametrize(
    "odd",
    [
        pytest.param([0.0, 0.0, 0.001], id="it begins at zero"),
        pytest.param([-5.0, -4.0, -6.0, -3.0, -1.0, 0.5], id="it is below zero"),
        pytest.param([0.01, 0.1, 0.02, 0.03, 0.1, 0.35], id="the first batch was a lucky one"),
    ],
)
def test_a_loss_without_a_start_to_measure_by_does_not_multiply(odd: list[float]) -> None:
    builder = TraceBuilder()
    for iteration, loss in enumerate(odd):
        builder.add(IterationLoss(iteration, loss))
        builder.add(LearningRate(iteration, 0.01))
        assert LONG.decide(View(Facts(), builder.trace())) is None


def test_losses_far_apart_tell_nothing_of_growth_by_the_iteration() -> None:
    builder = TraceBuilder()
    for row, loss in enumerate([0.7, 0.8, 3.0, 12.0, 50.0]):
        builder.add(IterationLoss(100 * row, loss))
        builder.add(LearningRate(100 * row, 0.01))
    assert LONG.decide(View(Facts(), builder.trace())) is None


def test_a_spike_that_comes_back_is_forgiven(losses: Losses) -> None:
    spiky = np.where(np.arange(400) < 20, np.log(2), 0.2) + 0.2 * NOISE
    spiky[60] = 30.0
    found = live(losses(spiky), Judge(least=200, cap=400))
    assert found is not None
    assert found[0] is Verdict.STABLE


def test_learning_that_is_lost_again_is_diverged(losses: Losses) -> None:
    lost = np.concatenate([np.full(20, 0.69), np.full(40, 0.3), np.full(60, 0.70)]) + 0.1 * NOISE[:120]
    found = live(losses(lost), Judge(least=200, cap=400))
    assert found is not None
    assert found[0] is Verdict.DIVERGED


def test_the_cap_ends_everything(losses: Losses) -> None:
    assert live(losses(np.log(2) + NOISE), Judge(cap=50)) == (Verdict.INCONCLUSIVE, 50)
    assert live(losses(np.log(2) + NOISE), Judge(cap=100)) == (Verdict.INCONCLUSIVE, 100)


@pytest.mark.parametrize(("spike", "is_stable"), [(6.0, True), (60.0, False)])
def test_records_that_are_never_learned_count_once_they_outweigh_the_others(
    spike: float, is_stable: bool, losses: Losses
) -> None:
    learned = np.where(np.arange(400) < 60, np.log(2), 0.2) + NOISE
    learned[90::40] = spike
    found = live(losses(learned), LONG)
    assert (found is not None and found[0] is Verdict.STABLE) is is_stable


def test_a_training_may_end_at_any_iteration(losses: Losses) -> None:
    learned = np.where(np.arange(100) < 40, np.log(2), 0.2) + NOISE[:100]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for view in losses(learned):
            assert LONG.conclude(view).why
