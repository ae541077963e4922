"""Findings become candidates: the smallest change first, built upon what did best, nothing twice."""

from __future__ import annotations

from collections.abc import Callable

from autofix.health import Finding
from autofix.model import Candidate, Training
from autofix.search import Trial
from autofix.search.remedies import remedies

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
    assert [proposal.candidate for proposal in remedies(training, [sick])] == [
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
    first = next(remedies(training, history))
    assert first.candidate == Candidate(base_lr=0.01, input_scale=0.25)
    assert "probe 1" in first.why


def test_nothing_is_proposed_twice(training: Training, trial: MakeTrial, finding: MakeFinding) -> None:
    history = [
        trial(0, Candidate(), 4.0, finding("H101", base_lr_factor=0.1)),
        trial(1, Candidate(base_lr=0.01), 4.5),
    ]
    assert list(remedies(training, history)) == []


def test_advice_that_changes_nothing_is_no_candidate(
    training: Training, trial: MakeTrial, finding: MakeFinding
) -> None:
    assert list(remedies(training, [trial(0, Candidate(), 4.0, finding("H402", searchable=False))])) == []


def test_numbers_in_a_diff_are_short(training: Training, trial: MakeTrial, finding: MakeFinding) -> None:
    sick = trial(0, Candidate(), 4.0, finding("H101", base_lr_factor=0.0123456))
    assert next(remedies(training, [sick])).candidate.base_lr == 0.0012
