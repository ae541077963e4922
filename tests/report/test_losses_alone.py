"""What losses alone tell, in a log without debug_info: a NaN out of the blue, a training that is thrown about."""

from __future__ import annotations

import pytest
from diagnosing import NAN, codes, found, losses, net, told

from autofix.debuginfo import Event
from autofix.report.diagnosis.advice import MORE


def test_a_nan_out_of_sound_losses_is_the_data_s() -> None:
    """In the corpus, all of these 15 trainings have a bad record; steps that are too large show in the loss first."""
    diagnosed = found(net(), losses(2.3, 2.1, 1.8, 1.6, NAN))
    assert "The losses just before were 2.1, 1.8, 1.6, beside 2.3 at first" in told(diagnosed, "D106")
    data, rate = diagnosed.diagnosis.advice
    assert data.startswith("look at the data first: `autofix lint SOLVER`")
    assert rate.startswith("lower base_lr from 0.01 to about 0.001")


@pytest.mark.parametrize(
    "rows",
    [
        losses(2.3, 2.4, 9.0, 80.0, NAN),  # grows
        losses(2.3, NAN),  # too short to tell
        losses(70.0, 69.0, 72.0, 70.0, NAN),  # was not sound when it began
        [*losses(2.3, 2.1, 2.0, 1.9), *losses(NAN, start=20)],  # what was between is not known
    ],
)
def test_other_nans_are_not(rows: list[Event]) -> None:
    assert "D106" not in codes(found(net(), rows))


def test_a_loss_that_was_far_above_its_start_asks_for_smaller_steps() -> None:
    diagnosed = found(net(), losses(2.3, 2.4, 60.0, 20.0, *[2.31] * 60))
    assert "was up at 60 in iteration 2" in told(diagnosed, "D107")
    assert diagnosed.diagnosis.advice[0].startswith("lower base_lr from 0.01 to about 0.001")


def test_a_training_that_learned_all_the_same_is_left_alone() -> None:
    assert "D107" not in codes(found(net(), losses(2.3, 2.4, 60.0, 20.0, *[0.1] * 60)))


def test_where_the_losses_tell_nothing_the_log_is_asked_to_speak() -> None:
    assert found(net(), losses(*[2.31] * 80)).diagnosis.advice == (MORE,)
    assert found(net(), losses(2.3, *[0.1] * 80)).diagnosis.advice == ()
