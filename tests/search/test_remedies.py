"""Findings become candidates: the smallest change first, built upon what did best, nothing twice."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import pytest

from autofix.health import Finding, Verdict
from autofix.model import Candidate, Training
from autofix.search import Trial
from autofix.search.rates import next_rate
from autofix.search.remedies import Remedies
from autofix.search.trial import RangeTest

MakeTrial, MakeFinding = Callable[..., Trial], Callable[..., Finding]


def test_input_scale_comes_before_fillers_and_these_before_base_lr(
    training: Training, trial: MakeTrial, finding: MakeFinding
) -> None:
    sick = trial(
        0,
        Candidate(),
        4.0,
        finding("H101", base_lr_factor=0.1),
        finding("H204", filler_stds={"ip1": 0.5}),
        finding("H401", input_scale_factor=0.25),
    )
    assert [proposal.candidate for proposal in Remedies(training)([sick])] == [
        Candidate(input_scale=0.25),
        Candidate(filler_stds={"ip1": 0.5}),
        Candidate(base_lr=0.01),
    ]


def test_a_remedy_that_made_things_better_is_built_upon(
    training: Training, trial: MakeTrial, finding: MakeFinding
) -> None:
    history = [
        trial(0, Candidate(), 4.0, finding("H401", input_scale_factor=0.25), finding("H101", base_lr_factor=0.5)),
        trial(1, Candidate(input_scale=0.25), 3.0, finding("H101", base_lr_factor=0.1)),
    ]
    first = next(Remedies(training)(history))
    assert first.candidate == Candidate(base_lr=0.01, input_scale=0.25)
    assert "probe 1" in first.why


def test_nothing_is_proposed_twice(training: Training, trial: MakeTrial, finding: MakeFinding) -> None:
    history = [
        trial(0, Candidate(), 4.0, finding("H101", base_lr_factor=0.1)),
        trial(1, Candidate(base_lr=0.01), 4.5),
    ]
    found = [proposal.candidate for proposal in Remedies(training)(history)]
    assert len(found) == len(set(found))
    assert not set(found) & {each.candidate for each in history}


def test_a_training_that_was_thrown_over_is_always_offered_a_lower_rate(training: Training, trial: MakeTrial) -> None:
    assert [proposal.candidate for proposal in Remedies(training)([trial(0, Candidate(), 4.0)])] == [
        Candidate(base_lr=0.03)
    ]


def test_advice_that_changes_nothing_is_no_candidate(
    training: Training, trial: MakeTrial, finding: MakeFinding
) -> None:
    dead = trial(0, Candidate(), 2.0, finding("H402", searchable=False), verdict=Verdict.DEAD)
    assert list(Remedies(training)([dead])) == []


def test_numbers_in_a_diff_are_short(training: Training, trial: MakeTrial, finding: MakeFinding) -> None:
    sick = trial(0, Candidate(), 4.0, finding("H101", base_lr_factor=0.0123456))
    assert next(Remedies(training)([sick])).candidate.base_lr == 0.0012


def range_test(lowest: float | None, limit: float | None = None) -> RangeTest:
    return RangeTest((1e-5, 1.0), (2.3, 1.0), lowest, limit, 110, 1.0)


@pytest.mark.parametrize(
    ("factor", "test", "expected"),
    [
        (0.01, range_test(0.2), 0.02),  # a tenth of the lowest, whatever arithmetic says
        (0.01, range_test(3.0), 0.03),  # it was thrown over at 0.1: no higher than 0.3 times that
        (0.01, range_test(None), 0.001),
        (0.01, range_test(None, limit=0.001), 0.0001),
        (50.0, range_test(30.0), 3.0),
        (50.0, range_test(0.5), None),  # a tenth of that is no faster
        (50.0, range_test(None), None),  # no rate teaches this net
    ],
)
def test_a_range_test_has_the_last_word_on_base_lr(
    training: Training,
    trial: MakeTrial,
    finding: MakeFinding,
    factor: float,
    test: RangeTest,
    expected: float | None,
) -> None:
    verdict = Verdict.DIVERGED if factor < 1 else Verdict.NOT_LEARNING
    sick = trial(0, Candidate(), 4.0, finding("H101", base_lr_factor=factor), verdict=verdict)
    found = [proposal.candidate for proposal in Remedies(training, lambda _trial: test)([sick])]
    assert found == ([Candidate(base_lr=expected)] if expected is not None else [])


def test_every_knob_of_a_remedy_is_turned(training: Training, trial: MakeTrial, finding: MakeFinding) -> None:
    remedy = {"momentum": 0.9, "clip_gradients": 10.0, "loss_weights": {"loss": 1.0}, "target_scale_factor": 0.1}
    sick = trial(0, Candidate(), 1.5, finding("H1", **remedy), verdict=Verdict.NOT_LEARNING)
    expected = Candidate(momentum=0.9, clip_gradients=10.0, loss_weights={"loss": 1.0}, target_scale=0.1)
    assert [proposal.candidate for proposal in Remedies(training)([sick])] == [expected]


def test_what_would_make_it_hotter_waits_when_a_training_was_thrown_over(
    training: Training, trial: MakeTrial, finding: MakeFinding
) -> None:
    sick = trial(
        0,
        Candidate(),
        4.0,
        finding("H205", base_lr_factor=10.0),
        finding("H101", base_lr_factor=0.1),
        verdict=Verdict.EXPLODING,
    )
    assert [proposal.candidate.base_lr for proposal in Remedies(training)([sick])] == [0.01, 1.0]


def test_the_change_and_its_reason_are_told_with_numbers(
    training: Training, trial: MakeTrial, finding: MakeFinding
) -> None:
    sick = trial(0, Candidate(), 4.0, finding("H101", base_lr_factor=0.1))
    proposal = next(Remedies(training)([sick]))
    assert proposal.why.startswith("base_lr 0.1 -> 0.01, because ")
    assert set(proposal.reasons) == {"base_lr"}


@pytest.mark.parametrize("base_lr", [0.0, -0.1, math.nan, math.inf])
def test_what_has_no_usable_rate_gets_a_usual_one_first(
    training: Training, trial: MakeTrial, finding: MakeFinding, base_lr: float
) -> None:
    """Multiples of 0 and of negative rates were tried, at which Optuna's logarithmic range gave up."""
    none = replace(training, solver=replace(training.solver, base_lr=base_lr))
    history = [trial(0, Candidate(), 1.5, finding("H301", base_lr_factor=10.0), verdict=Verdict.NOT_LEARNING)]
    (first,) = Remedies(none)(history)
    assert first.candidate == Candidate(base_lr=0.01)
    assert first.why == f"base_lr {base_lr:g} -> 0.01, because no net learns with a base_lr of {base_lr:g}"
    history.append(trial(1, first.candidate, 4.0, verdict=Verdict.DIVERGED))
    assert [proposal.candidate for proposal in Remedies(none)(history)] == [Candidate(base_lr=0.003)]


def test_clipping_does_not_bring_back_a_rate_that_is_not_usable(
    training: Training, trial: MakeTrial, finding: MakeFinding
) -> None:
    """Where the rate as written is 0, what was changed about it is no precaution that clipping makes needless."""
    none = replace(training, solver=replace(training.solver, base_lr=0.0))
    history = [
        trial(0, Candidate(), 1.5, verdict=Verdict.NOT_LEARNING),
        trial(1, Candidate(base_lr=0.01), 1.2, finding("H302", clip_gradients=3.0)),
    ]
    first = next(Remedies(none)(history))
    assert first.candidate == Candidate(base_lr=0.01, clip_gradients=3.0)


def test_a_rate_is_not_said_to_come_of_arithmetic_that_would_leave_it(
    training: Training, trial: MakeTrial, finding: MakeFinding
) -> None:
    """Where the first step is of a usual size, it is no reason to make it smaller: what went wrong is."""
    sick = replace(trial(0, Candidate(), 4.0, finding("H103", base_lr_factor=0.3)), why="the loss blew up")
    assert next(Remedies(training)([sick])).why == "base_lr 0.1 -> 0.03, because the loss blew up"


def test_a_rate_below_the_limit_of_a_range_test_is_told_as_that(
    training: Training, trial: MakeTrial, finding: MakeFinding
) -> None:
    sick = trial(0, Candidate(), 4.0, finding("H103", base_lr_factor=0.3))
    proposal = next(Remedies(training, lambda _trial: range_test(None, limit=1e-4))([sick]))
    assert proposal.candidate == Candidate(base_lr=1e-5)
    assert "at 0.0001 it was thrown over" in proposal.why


def test_fillers_that_were_mended_already_are_not_drawn_anew_with_others(
    training: Training, trial: MakeTrial, finding: MakeFinding
) -> None:
    """`ip2` was narrow as written; the candidate has drawn it as it should be, and it stays so."""
    mended = Candidate(filler_stds={"ip2": 0.6})
    remedies = Remedies(training, stds={"ip1": 0.01, "ip2": 0.01}, keeping={"ip1": 0.5, "ip2": 0.5})
    history = [
        trial(0, Candidate(), 2.0, verdict=Verdict.DEAD),
        trial(1, mended, 1.2, finding("H204", filler_stds={"ip1": 0.5}), verdict=Verdict.DEAD),
    ]
    assert next(remedies(history)).candidate == Candidate(filler_stds={"ip1": 0.5, "ip2": 0.6})


def test_what_needs_only_a_lower_rate_by_now_comes_before_what_scored_better(
    training: Training, trial: MakeTrial, finding: MakeFinding
) -> None:
    wider = Candidate(input_scale=0.25, filler_stds={"ip1": 0.5})
    history = [
        trial(0, Candidate(), 4.0, finding("H401", input_scale_factor=0.25), finding("H203", base_lr_factor=0.1)),
        trial(1, Candidate(input_scale=0.25), 1.2, finding("H204", filler_stds={"ip1": 0.5}), verdict=Verdict.DEAD),
        trial(2, wider, 2.2, finding("H203", base_lr_factor=0.1), verdict=Verdict.DEAD),
    ]
    first = next(Remedies(training)(history))
    assert first.candidate == Candidate(base_lr=0.01, input_scale=0.25, filler_stds={"ip1": 0.5})


def test_what_was_cut_short_is_waited_for_before_a_worse_one_is_gone_back_to(
    training: Training, trial: MakeTrial, finding: MakeFinding
) -> None:
    history = [
        trial(0, Candidate(), 4.0, finding("H204", filler_stds={"ip1": 0.5}), finding("H203", base_lr_factor=0.1)),
        trial(1, Candidate(filler_stds={"ip1": 0.5}), 1.2, verdict=Verdict.INCONCLUSIVE),
    ]
    patient, hurried = Remedies(training, patient=True), Remedies(training)
    assert next(patient(history)).candidate == history[1].candidate
    assert next(hurried(history)).candidate != history[1].candidate
    history.append(replace(history[1], number=2, proposal=next(patient(history))))
    assert next(patient(history)).candidate == Candidate(base_lr=0.01)


def test_between_a_rate_that_kills_and_one_that_does_not_teach(training: Training, trial: MakeTrial) -> None:
    wider = Candidate(filler_stds={"ip1": 0.5})
    history = [
        trial(0, Candidate(), 1.2, verdict=Verdict.INCONCLUSIVE),
        trial(1, wider, 2.2, verdict=Verdict.DEAD),
        trial(2, replace(wider, base_lr=1e-3), 1.3, verdict=Verdict.INCONCLUSIVE),
    ]
    assert next(Remedies(training)(history)).candidate == replace(wider, base_lr=0.01)


def test_between_reaches_no_higher_than_where_the_range_test_was_lowest(training: Training, trial: MakeTrial) -> None:
    wider = Candidate(filler_stds={"ip1": 0.5})
    history = [
        trial(0, Candidate(), 1.2, verdict=Verdict.INCONCLUSIVE),
        trial(1, wider, 2.2, verdict=Verdict.DEAD),
        trial(2, replace(wider, base_lr=1e-4), 1.3, verdict=Verdict.INCONCLUSIVE),
    ]
    proposal = next(Remedies(training, lambda _trial: range_test(1e-3))(history))
    assert proposal.candidate == replace(wider, base_lr=0.00032)
    assert "lowest" in proposal.why


@pytest.mark.parametrize("lowest", [5e-4, 2e-3])
def test_where_the_lowest_is_near_the_lower_rate_nothing_lies_between(
    training: Training, trial: MakeTrial, lowest: float
) -> None:
    history = [
        trial(0, Candidate(), 4.0, verdict=Verdict.DIVERGED),
        trial(1, Candidate(base_lr=1e-3), 1.3, verdict=Verdict.INCONCLUSIVE),
    ]
    found = [proposal.origin for proposal in Remedies(training, lambda _trial: range_test(lowest))(history)]
    assert "remedy between" not in found


def test_a_bolder_rate_leaves_room_for_a_schedule_that_raises_it() -> None:
    test = range_test(0.01)
    assert next_rate(1e-3, Verdict.INCONCLUSIVE, None, test, growth=1.0) == pytest.approx(math.sqrt(1e-3 * 0.01))
    assert next_rate(2e-5, Verdict.INCONCLUSIVE, None, test, growth=50.0) == pytest.approx(math.sqrt(2e-5 * 0.01 / 50))


@pytest.mark.parametrize(
    ("verdict", "expected"), [(Verdict.INCONCLUSIVE, 0.0032), (Verdict.NOT_LEARNING, 0.0032), (Verdict.DEAD, None)]
)
def test_what_a_tenth_of_the_lowest_teaches_too_slowly_gets_more(
    training: Training, trial: MakeTrial, verdict: Verdict, expected: float | None
) -> None:
    slow = trial(0, Candidate(base_lr=1e-3), 1.2, verdict=verdict)
    found = [proposal.candidate for proposal in Remedies(training, lambda _trial: range_test(0.01))([slow])]
    assert found == ([Candidate(base_lr=expected)] if expected is not None else [])


def test_what_learns_and_does_not_keep_calm_gets_a_little_less(training: Training, trial: MakeTrial) -> None:
    fast = Candidate(base_lr=0.01, filler_stds={"ip1": 0.5})
    history = [
        trial(0, Candidate(filler_stds={"ip1": 0.5}), 2.2, verdict=Verdict.DEAD),
        trial(1, fast, 0.92, verdict=Verdict.INCONCLUSIVE),
    ]
    remedies = Remedies(training, lambda _trial: range_test(1e-3))
    assert next(remedies(history)).candidate == replace(fast, base_lr=0.003)
