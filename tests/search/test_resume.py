"""A search that was interrupted in a proof goes on from there, and comes to what it would have come to anyway."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import psutil
import pytest
import trainings

from autofix.caffe import Caffe
from autofix.health import Verdict
from autofix.model import Candidate, load
from autofix.report import report, write_report
from autofix.search import (
    Event,
    IterationSeen,
    Outcome,
    Proposal,
    Result,
    RunStarted,
    RunTakenUp,
    Settings,
    Trial,
    TrialEnded,
    mend,
)
from autofix.search.study import Range, open_study

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


def at(name: str) -> When:
    """As a training begins."""
    return lambda event: isinstance(event, RunStarted) and event.name == name


def story(trial: Trial) -> Trial:
    """A trial without what differs from run to run."""
    tests = tuple((candidate, replace(test, seconds=0.0)) for candidate, test in trial.range_tests)
    return replace(trial, number=0, seconds=0.0, pace=0.0, range_tests=tests)


def folders(sitting: Sitting) -> list[str]:
    """Of its trainings, without the number of the trial that was done anew."""
    return sorted(folder.name.replace("004", "001") for folder in (sitting.settings.out / "probes").iterdir())


@pytest.fixture
def settings(tmp_path: Path, caffe: Caffe, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "1")  # nobody need look how many there may be
    return Settings(out=tmp_path / "out", caffe=caffe.path)


def test_somebody_with_short_sittings_comes_to_the_end(tmp_path: Path, settings: Settings) -> None:
    """Each began the proof anew, with its range test and its probe, and none ever came to its end."""
    solver = trainings.healthy(tmp_path, base_lr=1000.0)
    first = Sitting(solver, settings, at("001-seed2"))
    assert "000-rates" in first.started
    assert first.outcome.result is Result.INTERRUPTED
    assert first.outcome.provisional
    assert first.outcome.patch is not None
    assert "written as provisional, without a proof: its probe was stable" in first.outcome.why
    second = first.again(at("002-seed3"), timeout=10_000.0)  # patience is another now
    assert (second.taken, second.started) == (["000-rates", "002"], ["002-seed2", "002-seed3"])
    assert second.outcome.provisional
    third = second.again(at("003-faster"))
    assert (third.taken, third.started) == (["000-rates", "003", "003-seed2"], ["003-seed3", "003-faster"])
    assert not third.outcome.provisional  # but for the margin, it is proved
    last = third.again()
    assert last.taken == ["000-rates", "004", "004-seed2", "004-seed3"]
    assert last.started[0] == "004-faster"
    assert last.outcome.result is Result.FIXED
    whole = Sitting(solver, replace(settings, out=tmp_path / "whole"))
    assert [story(trial) for trial in last.outcome.trials] == [story(trial) for trial in whole.outcome.trials]
    assert folders(last) == folders(whole)  # nothing is left of what was cut short
    assert last.again().started == []


def test_the_proof_of_a_training_as_written_goes_on_too(tmp_path: Path, settings: Settings) -> None:
    first = Sitting(trainings.healthy(tmp_path), settings, at("000-seed3"))
    assert first.outcome.patch is None
    assert not first.outcome.provisional
    second = first.again(lambda event: isinstance(event, TrialEnded))
    assert (second.taken, second.started) == (["001", "001-seed2"], ["001-seed3", "001-faster"])
    assert second.outcome.result is Result.INTERRUPTED
    assert "the training as written is proved stable" in second.outcome.why
    assert second.again().outcome.result is Result.ALREADY_STABLE


def test_nothing_counts_that_was_run_with_other_settings(tmp_path: Path, settings: Settings) -> None:
    def proof_begins(event: Event) -> bool:
        return isinstance(event, RunStarted) and "-seed" in event.name

    before = Sitting(trainings.broken(tmp_path), replace(settings, confirm_iters=200), at("001-seed3"))
    assert before.again(proof_begins, seed=5).taken == []
    assert before.again(proof_begins, confirm_iters=250).taken == ["003"]
    assert before.again(proof_begins, probe_iters=200).taken == ["004-seed2"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_caffe_that_somebody_stopped_proves_nothing(tmp_path: Path, settings: Settings, number: int) -> None:
    """At SIGINT Caffe says that its optimization is done, and so the whole training had run, in 92 iterations."""

    def stop(event: Event) -> bool:
        if isinstance(event, IterationSeen) and event.name == "001-seed2":
            for child in psutil.Process().children():
                child.send_signal(number)
        return isinstance(event, TrialEnded) and event.trial.number == 1

    run = Sitting(trainings.broken(tmp_path, batch=1000), settings, stop)
    assert run.outcome.provisional
    assert "its proof lacks the run with seed 2: somebody stopped Caffe" in run.outcome.why
    assert run.again(at("002-seed2")).taken == ["002"]


def test_what_a_later_sitting_refuted_is_not_written(tmp_path: Path, settings: Settings) -> None:
    """There was no time for more, and so the first sitting's trial counted again, whose proof was cut short."""
    settings.out.mkdir()
    study, params = open_study(settings), {"base_lr": 0.1}
    for candidate, verdict, finished in (
        (Candidate(), Verdict.DIVERGED, True),
        (Candidate(base_lr=0.01), Verdict.INCONCLUSIVE, False),
        (Candidate(base_lr=0.01), Verdict.DIVERGED, True),
    ):
        proposal = Proposal(candidate, "remedy" if candidate.base_lr else "as written", "why")
        number, _ = study.ask(proposal, params, {"base_lr": Range(1e-6, 1.0)})
        study.tell(Trial(number, proposal, params, verdict, "seen", 0.5, 10, 0.1, finished=finished), {})
    solver = trainings.broken(tmp_path)
    late = Sitting(solver, replace(settings, resume=True, timeout=1e-3))
    assert len(late.outcome.trials) == 2
    assert late.outcome.result is Result.NOT_FIXED
    for name in ("autofix.diff", "net.prototxt"):  # of the first sitting
        (settings.out / name).touch()
    write_report(late.outcome, report(late.outcome))
    assert {path.name for path in settings.out.iterdir()} == {"probes", "report.json", "study.db"}
