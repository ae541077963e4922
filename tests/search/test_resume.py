"""A search that was interrupted in a proof goes on from there, and comes to what it would have come to anyway."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
import trainings

from autofix.caffe import Caffe
from autofix.model import load
from autofix.search import (
    Event,
    IterationSeen,
    Outcome,
    Result,
    RunStarted,
    RunTakenUp,
    Settings,
    Trial,
    TrialEnded,
    mend,
)

pytestmark = pytest.mark.caffe

When = Callable[[Event], bool]


@dataclass
class Sitting:
    """One run of a search, which somebody interrupts at some moment."""

    solver: Path
    settings: Settings
    until: When = lambda _event: False
    started: list[str] = field(default_factory=list)
    taken: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._cancel = threading.Event()
        self.outcome: Outcome = mend(load(self.solver, self.solver.parent), self.settings, self, cancel=self._cancel)

    def __call__(self, event: Event) -> None:
        if isinstance(event, RunStarted):
            self.started.append(event.name)
        if isinstance(event, RunTakenUp):
            self.taken.append(event.name)
        if self.until(event):
            self._cancel.set()

    def again(self, until: When = lambda _event: False, **changes: object) -> Sitting:
        """The next one."""
        return Sitting(self.solver, replace(self.settings, resume=True, **changes), until)  # type: ignore[arg-type]


def during(name: str) -> When:
    """Soon after a training has begun."""
    return lambda event: isinstance(event, IterationSeen) and event.name == name and event.count >= 5


def story(trial: Trial) -> Trial:
    """A trial without what differs from run to run."""
    tests = tuple((candidate, replace(test, seconds=0.0)) for candidate, test in trial.range_tests)
    return replace(trial, number=0, seconds=0.0, pace=0.0, range_tests=tests)


@pytest.fixture
def settings(tmp_path: Path, caffe: Caffe) -> Settings:
    return Settings(out=tmp_path / "out", caffe=caffe.path)


def test_somebody_with_short_sittings_comes_to_the_end(tmp_path: Path, settings: Settings) -> None:
    """Each began the proof anew, with its probe, and none ever came to its end."""
    solver = trainings.broken(tmp_path)
    first = Sitting(solver, settings, during("001-seed2"))
    assert first.outcome.result is Result.INTERRUPTED
    assert first.outcome.provisional
    assert first.outcome.patch is not None
    assert "written as provisional, without a proof: its probe was stable" in first.outcome.why
    second = first.again(during("002-seed3"), timeout=10_000.0)  # patience is another now
    assert (second.taken, second.started) == (["002"], ["002-seed2", "002-seed3"])
    assert second.outcome.provisional
    third = second.again(during("003-faster"))
    assert (third.taken, third.started) == (["003", "003-seed2"], ["003-seed3", "003-faster"])
    assert not third.outcome.provisional  # but for the margin, it is proved
    last = third.again()
    assert (last.taken, last.started) == (["004", "004-seed2", "004-seed3"], ["004-faster"])
    assert last.outcome.result is Result.FIXED
    whole = Sitting(solver, replace(settings, out=tmp_path / "whole"))
    assert [story(trial) for trial in last.outcome.trials] == [story(trial) for trial in whole.outcome.trials]
    assert last.again().started == []


def test_a_range_test_is_not_run_again_either(tmp_path: Path, settings: Settings) -> None:
    solver = trainings.healthy(tmp_path, base_lr=1000.0)
    first = Sitting(solver, settings, during("001-seed2"))
    assert "000-rates" in first.started
    last = first.again()
    assert last.taken == ["000-rates", "002"]
    assert "000-rates" not in last.started
    whole = Sitting(solver, replace(settings, out=tmp_path / "whole"))
    assert [story(trial) for trial in last.outcome.trials] == [story(trial) for trial in whole.outcome.trials]


def test_the_proof_of_a_training_as_written_goes_on_too(tmp_path: Path, settings: Settings) -> None:
    first = Sitting(trainings.healthy(tmp_path), settings, during("000-seed3"))
    assert first.outcome.patch is None
    assert not first.outcome.provisional
    last = first.again()
    assert (last.taken, last.started) == (["001", "001-seed2"], ["001-seed3", "001-faster"])
    assert last.outcome.result is Result.ALREADY_STABLE


def test_that_a_training_is_stable_as_written_is_said_whenever_it_is_known(tmp_path: Path, settings: Settings) -> None:
    sitting = Sitting(trainings.healthy(tmp_path), settings, lambda event: isinstance(event, TrialEnded))
    assert sitting.outcome.result is Result.INTERRUPTED
    assert "the training as written is proved stable" in sitting.outcome.why


def test_nothing_counts_that_was_run_with_other_settings(tmp_path: Path, settings: Settings) -> None:
    def proof_begins(event: Event) -> bool:
        return isinstance(event, RunStarted) and "-seed" in event.name

    before = Sitting(trainings.broken(tmp_path), replace(settings, confirm_iters=200), during("001-seed3"))
    assert before.again(proof_begins, seed=5).taken == []
    assert before.again(proof_begins, confirm_iters=250).taken == ["003"]
    assert before.again(proof_begins, probe_iters=200).taken == ["004-seed2"]
