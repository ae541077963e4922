"""What is done with a proved fix: nothing is tried twice, not even by a later run of the same study."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import pytest

from autofix.errors import CaffeError
from autofix.health import Verdict
from autofix.model import Candidate, Training
from autofix.search import Confirmation, Proposal, Trial
from autofix.search.refine import TINY, refined, speed
from autofix.search.trial import Margin, RangeTest

MakeTrial, MakeFinding = Callable[..., Trial], Callable[..., object]
PROOF = Confirmation((2, 3), (400, 400), (Verdict.STABLE, Verdict.STABLE), ("a", "b"))
FULL = Candidate(base_lr=0.01, input_scale=0.5)
SMALL = Candidate(input_scale=0.5)


@dataclass
class Recorded:
    """A search whose trials are known beforehand: by candidate."""

    training: Training
    results: Mapping[Candidate, Trial]
    trials: list[Trial]
    exhausted: bool = False
    shrinking: bool = True
    tests: int = 0
    tried: list[Candidate] = field(default_factory=list)

    def rates(self, _trial: Trial) -> RangeTest | None:
        self.tests += 1
        return RangeTest((1e-5, 10.0), (2.3, 1.0), lowest=10.0, limit=None, iterations=110, seconds=1.0)

    def try_alone(self, proposal: Proposal) -> Trial:
        self.tried.append(proposal.candidate)
        done = replace(self.results[proposal.candidate], number=len(self.trials), proposal=proposal)
        self.trials.append(done)
        return done


@pytest.fixture
def proved(trial: MakeTrial) -> Callable[..., Trial]:
    def make(candidate: Candidate, score: float, margin: Verdict = Verdict.STABLE, *findings: object) -> Trial:
        done = trial(1, candidate, score, *findings, verdict=Verdict.STABLE)
        return replace(done, confirmation=PROOF, margin=Margin(2.0, 400, margin, "lost"))

    return make


def test_a_change_that_is_not_needed_is_taken_back(
    training: Training, trial: MakeTrial, proved: Callable[..., Trial]
) -> None:
    full = proved(FULL, 0.3)
    results = {SMALL: proved(SMALL, 0.3), Candidate(base_lr=0.01): trial(0, Candidate(), 2.0)}
    search = Recorded(training, results, [full])
    assert refined(search, full).candidate == SMALL
    assert search.tried == [SMALL]


@pytest.mark.parametrize(
    ("score", "margin", "kept"), [(0.3, Verdict.STABLE, SMALL), (0.6, Verdict.STABLE, FULL), (0.3, Verdict.DEAD, FULL)]
)
def test_a_later_run_decides_as_the_first_did_and_tries_nothing_again(
    training: Training, trial: MakeTrial, proved: Callable[..., Trial], score: float, margin: Verdict, kept: Candidate
) -> None:
    """A run that was killed among smaller fixes took the last that was proved: a worse one, or one near its limit."""
    full, other = proved(FULL, 0.3), Candidate(base_lr=0.01)
    search = Recorded(training, {SMALL: proved(SMALL, score, margin), other: trial(0, other, 2.0)}, [full])
    first = refined(search, full)
    tried = list(search.tried)
    assert first.candidate == kept
    assert refined(replace(search, exhausted=True), full) == first
    assert search.tried == tried


def test_a_fix_near_its_limit_is_halved(training: Training, proved: Callable[..., Trial]) -> None:
    full, half = proved(SMALL, 0.3, Verdict.DIVERGED), Candidate(base_lr=0.05, input_scale=0.5)
    search = Recorded(training, {half: proved(half, 0.4), Candidate(base_lr=0.05): full}, [full])
    assert refined(search, full).candidate == half


def test_no_range_test_is_run_whose_rate_no_trial_is_left_for(
    training: Training, proved: Callable[..., Trial], finding: MakeFinding
) -> None:
    full = proved(SMALL, 0.3, Verdict.STABLE, finding(TINY, base_lr_factor=10.0))
    search = Recorded(training, {}, [full], exhausted=True)
    assert refined(search, full) == full
    assert search.tests == 0


def test_a_stable_training_that_is_far_too_slow_is_told_that(
    training: Training, proved: Callable[..., Trial], finding: MakeFinding
) -> None:
    slow = proved(Candidate(), 0.3, Verdict.STABLE, finding(TINY, base_lr_factor=10.0))
    assert "a range test allows a base_lr of 1, 10 times the present one" in speed(Recorded(training, {}, [slow]), slow)
    assert speed(Recorded(training, {}, [slow]), replace(slow, findings=())) == ""


def test_a_range_test_that_cannot_be_run_takes_nothing_from_a_stable_training(
    training: Training, proved: Callable[..., Trial], finding: MakeFinding
) -> None:
    class Broken(Recorded):
        def rates(self, _trial: Trial) -> RangeTest | None:
            raise CaffeError("the data is gone")

    slow = proved(Candidate(), 0.3, Verdict.STABLE, finding(TINY, base_lr_factor=10.0))
    assert speed(Broken(training, {}, [slow]), slow).endswith("is not known: the data is gone")


def test_a_margin_that_the_time_cut_short_proves_nothing_and_is_said_so(proved: Callable[..., Trial]) -> None:
    full = proved(SMALL, 0.3)
    unknown = replace(full, margin=Margin(2.0, 0, Verdict.INCONCLUSIVE, "the time was up", finished=False))
    assert unknown.margin is not None
    assert not unknown.margin.holds
    assert not unknown.near_limit
    assert "survives 2 times its base_lr is not known" in str(unknown.margin)
