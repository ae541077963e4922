"""A training that ended is taken up where everything it depends on is the same, and its log is untouched."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from autofix.health import Decision, Verdict
from autofix.model import Candidate
from autofix.search import Trial
from autofix.search.folder import LOG
from autofix.search.kept import Kept, Ledger, key
from autofix.search.settings import Settings
from autofix.search.study import open_study
from autofix.search.trial import RangeTest

ENDED = Kept("001", key(["solver", "net"]), Decision(Verdict.STABLE, 35, "it learned"), rows=36, seconds=0.5)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """That of a training that has ended."""
    (tmp_path / "001").mkdir()
    (tmp_path / "001" / LOG).write_text("Iteration 0, loss = 1\n")
    return tmp_path / "001"


def kept_again(folder: Path) -> Ledger:
    """As a later run of the study finds it."""
    settings = Settings(out=folder.parent)
    study = open_study(settings)
    Ledger(study.keep).keep(ENDED, folder)
    return Ledger(kept=open_study(replace(settings, resume=True)).kept)


def test_it_is_taken_up_under_the_name_of_its_new_trial(folder: Path) -> None:
    later = folder.with_name("002")
    taken = kept_again(folder).take(ENDED.key, later)
    assert taken is not None
    assert replace(taken, log="") == replace(ENDED, name="002")
    assert (later / LOG).is_file()
    assert not folder.exists()


def test_it_is_taken_up_as_often_as_its_trial_is_cut_short(folder: Path) -> None:
    ledger, names = kept_again(folder), ("001", "002", "005")
    assert all(ledger.take(ENDED.key, folder.with_name(name)) for name in names)


def test_another_training_is_run(folder: Path) -> None:
    assert kept_again(folder).take(key(["solver", "another net"]), folder) is None


@pytest.mark.parametrize("harm", [lambda log: log.unlink(), lambda log: log.write_text("cut off")])
def test_what_lost_its_log_is_run_anew(folder: Path, harm: object) -> None:
    ledger = kept_again(folder)
    harm(folder / LOG)  # type: ignore[operator]
    assert ledger.take(ENDED.key, folder) is None


def test_what_lost_its_log_is_forgotten_once_it_was_run_anew(folder: Path) -> None:
    """It was kept for ever, and so was its folder."""
    ledger, later = kept_again(folder), folder.with_name("002")
    (folder / LOG).unlink()
    later.mkdir()
    (later / LOG).write_text("Iteration 0, loss = 1\n")
    ledger.keep(replace(ENDED, name="002"), later)
    assert ledger.names == {"002"}


def test_a_folder_that_is_taken_is_not_overwritten(folder: Path) -> None:
    other = folder.with_name("002")
    other.mkdir()
    (other / LOG).write_text("of another training\n")
    assert kept_again(folder).take(ENDED.key, other) is None
    assert (other / LOG).read_text() == "of another training\n"


@pytest.mark.parametrize("led_there", [True, False])
def test_a_trial_that_ended_needs_its_trainings_no_more(trial: Callable[..., Trial], led_there: bool) -> None:
    """Nor the range test that led to it; one that led to another trial, which was cut short, is wanted yet."""
    saved: list[tuple[Kept, ...]] = []
    names = ("001", "001-seed2", "002", "000-rates")
    ledger = Ledger(saved.append, [replace(ENDED, name=name) for name in names])
    tests = ((Candidate(), RangeTest((), (), None, None, 0, 0.0)),) if led_there else ()
    ledger.settle(replace(trial(1, Candidate(), 0.5), range_tests=tests))
    assert [each.name for each in saved[-1]] == (["002"] if led_there else ["002", "000-rates"])
