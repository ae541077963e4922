"""The labelling rule on made-up curves, each with a constant answer of 1 unless it says otherwise."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from studies.truth import records
from studies.truth.rule import CANNOT_RUN, DEAD, DIVERGED, NOT_LEARNING, STABLE, UNDECIDED, Known, judge, window

NOISE = np.random.default_rng(0).normal(0, 0.05, 3000)


def curve(*parts: tuple[float, int]) -> np.ndarray:
    """A loss that goes evenly from each level to the next; a part is (level it ends at, iterations)."""
    levels, at = [], parts[0][0]
    for level, count in parts:
        levels.append(np.linspace(at, level, count))
        at = level
    whole = np.concatenate(levels)
    return whole + NOISE[: len(whole)] * np.abs(whole)


CURVES = {
    "falls and stays": (curve((1.2, 10), (0.1, 500), (0.1, 1500)), STABLE),
    "learns after a long plateau": (curve((1.0, 1500), (0.2, 300), (0.2, 200)), STABLE),
    "learns at the very end": (curve((1.0, 2850), (0.1, 150)), STABLE),
    "a spike it comes back from": (curve((1, 1), (0.1, 500), (9, 5), (0.1, 20), (0.1, 1500)), STABLE),
    "wanders, but far below": (curve((1, 1), (0.1, 500), (0.4, 500), (0.2, 1000)), STABLE),
    "learns and falls back": (curve((1, 1), (0.1, 500), (1, 5), (1, 1500)), DIVERGED),
    "learns and gives up most of it": (curve((1, 1), (0.1, 500), (0.8, 5), (0.8, 1500)), DIVERGED),
    "learns and blows up": (curve((1, 1), (0.1, 500), (50, 5), (50, 1500)), DIVERGED),
    "ends far above its start": (curve((1, 1), (30, 100), (30, 1900)), DIVERGED),
    "stays where it is": (curve((1, 2000)), NOT_LEARNING),
    "comes down to the constant answer": (curve((100, 1), (1, 200), (1, 1800)), NOT_LEARNING),
    "still far above, still falling": (curve((100, 1), (50, 2000)), NOT_LEARNING),
    "about to learn": (curve((1, 1), (0.93, 2000)), UNDECIDED),
}


@pytest.mark.parametrize("name", CURVES)
def test_a_curve_has_its_label(name):
    losses, label = CURVES[name]
    assert judge(losses, Known(1.0, spread=1.0)).label == label


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_a_loss_that_is_not_finite_is_a_divergence_there(bad):
    truth = judge(np.array([1, 0.5, 0.1, bad]), Known(1.0))
    assert (truth.label, truth.when) == (DIVERGED, 3)


def test_what_was_learned_is_lost_within_a_window_of_when_it_is_said():
    losses, _ = CURVES["learns and falls back"]
    when = judge(losses, Known(1.0)).when
    assert when is not None
    assert 500 <= when <= 600


def test_an_answer_that_ignores_the_input_is_dead_only_if_nothing_was_learned():
    for name in ("stays where it is", "comes down to the constant answer"):
        assert judge(CURVES[name][0], Known(1.0, spread=1e-5)).label == DEAD
    assert judge(CURVES["learns and falls back"][0], Known(1.0, spread=0.0)).label == DIVERGED


def test_a_loss_that_hides_nan_does_not_deceive():
    """HingeLoss prints 0 once the scores are NaN, for max(0, NaN) is 0: it looked like perfect learning."""
    losses = np.concatenate((curve((3, 1), (1, 40)), np.zeros(1960)))
    truth = judge(losses, Known(2.0, spread=math.nan))
    assert (truth.label, truth.when) == (DIVERGED, 41)


def test_a_training_that_ends_by_itself_cannot_run():
    assert judge(np.array([]), Known(1.0, finished=False)).label == CANNOT_RUN
    assert judge(np.array([1.0, 0.9]), Known(1.0, finished=False)).label == CANNOT_RUN


def test_without_a_constant_answer_half_the_start_stands_in():
    losses = curve((10, 1), (4, 100), (4, 1900))
    assert judge(losses, Known(None)).label == STABLE
    assert judge(losses, Known(3.0, spread=1.0)).label == NOT_LEARNING


def test_towers_that_start_better_than_a_constant_have_to_get_better_than_that():
    still, learning = curve((0.5, 2000)), curve((0.5, 1), (0.1, 500), (0.1, 1500))
    towers = Known(1.0, towers=True, spread=1.0)
    assert judge(still, towers).label == NOT_LEARNING
    assert judge(learning, towers).label == STABLE
    assert judge(np.append(learning, curve((1, 1000))), replace(towers, spread=0.0)).label == DIVERGED


def test_the_luck_of_a_small_first_batch_says_nothing():
    lucky = curve((0.1, 1), (1, 10), (1, 1989))
    assert judge(lucky, Known(1.0, spread=0.0)).label == DEAD
    assert judge(lucky, Known(1.0, towers=True, spread=0.0)).label == DIVERGED


def test_a_hundred_easy_records_are_no_learning_where_the_data_set_has_more():
    """Diabetes with a batch of 1 or 2 was dead, and its mean over 100 iterations 0.43 where the constant costs 0.5."""
    easy = np.tile(np.repeat([0.8, 1.2], 150), 10)
    assert judge(easy, Known(1.0, spread=0.0)).label != DEAD
    assert judge(easy, Known(1.0, spread=0.0, window=window(batch=1, records=300))).label == DEAD
    assert window(batch=16, records=4500) == 100
    assert window(batch=4, records=4500) == 250


def test_a_loss_without_end_is_no_learning():
    """Autoencoders of targets up to 255 fell to -2e11, and counted as the best of all."""
    truth = judge(curve((1000, 1), (-1e9, 1000), (-1e11, 1000)), Known(None, spread=1.0))
    assert (truth.label, truth.why) == (DIVERGED, "falls without end")


def test_of_several_losses_the_heaviest_has_to_learn():
    total, learns, stays = curve((1.3, 1), (0.6, 2000)), curve((1, 1), (0.3, 2000)), curve((1, 2000))
    assert judge(total, Known(1.3, spread=1.0, main=(learns, 1.0))).label == STABLE
    assert judge(total, Known(1.3, spread=1.0, main=(stays, 1.0))).label == NOT_LEARNING
    assert judge(total, Known(1.3, spread=0.0, main=(stays, 1.0))).label == DEAD


def test_what_a_net_with_batch_norm_learned_has_to_be_there_in_its_test_phase():
    learned = CURVES["falls and stays"][0]
    assert judge(learned, Known(1.0, spread=1.0, deployed=0.12)).label == STABLE
    for loss in (5.9, math.nan):
        assert judge(learned, Known(1.0, spread=1.0, deployed=loss)).label == NOT_LEARNING


def test_a_thinned_curve_is_short_begins_in_full_and_ends_with_the_end():
    points = records.thinned(np.arange(3001.0))
    assert len(points) <= records.POINTS
    assert points[:8] == [[index, index] for index in range(8)]
    assert points[-1][0] == 3000
    assert points[-1][1] > points[-2][1]


def test_a_thinned_curve_writes_no_loss_where_it_is_not_finite():
    assert records.thinned(np.array([1, 2, np.inf])) == [[0, 1], [1, 2], [2, None]]
    assert records.thinned(np.array([])) == []
