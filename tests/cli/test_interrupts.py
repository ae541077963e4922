"""Stopped at any moment: no process goes on, nothing of the user's is changed, and ``--resume`` goes on from there."""

from __future__ import annotations

import json
import signal
from dataclasses import dataclass
from pathlib import Path

import pytest
from commandline import autofix, start, trainings_of, wait_for
from report_schema import complaints
from trainings import broken, digest, healthy, shuffled

from autofix.cli.interrupt import STOPS, interruptible, like_ctrl_c

pytestmark = pytest.mark.caffe

SLOW = 600  # images in a batch: some 350 iterations a second, so that there is a middle to stop in


@dataclass(frozen=True)
class Stop:
    """When a sitting is stopped (once these logs are being written) and how, and what had ended by then.

    Args:
        ended: trials.
        kept: trainings of those that had not, which need not be run again.
        begun: trials that had not ended.
    """

    logs: tuple[str, ...]
    signal: signal.Signals
    ended: int
    kept: int = 0
    begun: int = 1


@dataclass(frozen=True)
class Case:
    """A training whose sittings are stopped, each but the first with --resume, until one is left alone."""

    make: object
    stops: tuple[Stop, ...]
    arguments: tuple[str, ...] = ()


CASES = {
    "terminal closed in the first probe": Case(healthy, (Stop(("000",), signal.SIGHUP, 0),)),
    "Ctrl-C in a proof, then killed": Case(
        broken,
        (Stop(("001-seed2",), signal.SIGINT, 1, 1), Stop(("002-seed3",), signal.SIGKILL, 1, 2)),
    ),
    "told to end in two trainings at once, then killed": Case(
        broken,
        (
            Stop(("001-seed2", "001-seed3"), signal.SIGTERM, 1, 2, 2),
            Stop(("003-seed2", "003-seed3"), signal.SIGKILL, 1, 2, 2),
        ),
        ("--jobs", "2"),
    ),
}


@pytest.fixture(autouse=True)
def one_thread(monkeypatch):
    """Nobody need look how many cores are idle, and other tests leave few."""
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "1")


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_interrupted_and_resumed(case, tmp_path):
    case.make(tmp_path, batch=SLOW)
    before, out = digest(tmp_path), tmp_path / "solver.autofix"
    arguments = case.arguments
    for stop in case.stops:
        _stopped(stop, out, arguments)
        assert digest(tmp_path, "solver.autofix") == before
        arguments = ("--resume", *case.arguments)

    logs = {log.read_bytes() for log in out.glob("probes/*/caffe.log")}
    last = max(int(folder.name[:3]) for folder in (out / "probes").iterdir())
    run = autofix("solver.prototxt", "--json", *arguments, cwd=tmp_path)
    assert run.code == 0, run.err
    assert f"going on after {stop.ended} trial" in run.err
    assert run.err.count("kept from before, stable after") == stop.kept
    later = (log for log in out.glob("probes/*/caffe.log") if int(log.parent.name[:3]) > last)
    assert sum(log.read_bytes() in logs for log in later) == stop.kept
    numbers = [trial["number"] for trial in run.report["trials"]]
    assert numbers[: stop.ended + 1] == [*range(stop.ended), last + 1]  # what was cut short keeps its number
    assert digest(tmp_path, "solver.autofix") == before


def _stopped(stop, out, arguments):
    """One sitting: it ends as it is told to, and leaves no process behind."""
    process = start("solver.prototxt", *arguments, cwd=out.parent)
    wait_for(lambda: all(_is_training(out / "probes" / name / "caffe.log") for name in stop.logs))
    process.send_signal(stop.signal)
    shown, err = process.communicate(timeout=180)
    wait_for(lambda: not trainings_of(out), seconds=5)
    assert "Traceback" not in err
    if stop.signal is signal.SIGKILL:
        assert process.returncode == -signal.SIGKILL
    else:
        assert process.returncode == 130
        _is_told(stop, shown, out)


def _is_told(stop, shown, out):
    """What was interrupted in good order says so, and writes what passed its probe as provisional."""
    assert "Interrupted. " in shown
    assert "interrupted. The search was interrupted" not in shown
    assert "--resume" in shown
    report = json.loads((out / "report.json").read_text())
    assert (report["verdict"], report["trials_used"]) == ("interrupted", stop.ended + stop.begun)
    assert complaints(report) == []
    written = {path.name for path in out.glob("*.prototxt")}
    if stop.ended:
        assert report["fix"]["provisional"]
        assert "stable" not in report["fix"]["confirmation"]["verdicts"]
        assert "without a proof" in " ".join(shown.split())
        assert "without a proof" in (out / "report.html").read_text()
        assert "solver.prototxt" in written
    else:
        assert report["fix"] is None
        assert not written


def _is_training(log: Path) -> bool:
    return log.is_file() and b"Iteration 3 " in log.read_bytes()


def test_a_study_goes_on_with_more_budget_and_only_with_the_same_files(tmp_path):
    solver, data = broken(tmp_path), tmp_path / "train_lmdb" / "data.mdb"
    first = autofix("solver.prototxt", "--json", "--budget", "1", cwd=tmp_path)
    more = autofix("solver.prototxt", "--json", "--budget", "20", "--resume", cwd=tmp_path)
    assert (first.code, more.code) == (1, 0)
    assert more.report["trials"][0] == first.report["trials"][0]
    assert more.report["trials_used"] > 1

    again = autofix("solver.prototxt", "--json", "--resume", cwd=tmp_path)
    assert again.code == 0
    assert again.report["trials"] == more.report["trials"]  # their seconds, too: nothing was run
    assert again.report["fix"] == more.report["fix"]
    assert not (tmp_path / "solver.autofix.1").exists()

    text, records = solver.read_text(), data.read_bytes()
    solver.write_text(text.replace("base_lr: 0.1", "base_lr: 0.2"))
    edited = autofix("solver.prototxt", "--resume", "--quiet", cwd=tmp_path)
    assert edited.code == 2
    assert "before they were edited" in edited.err
    solver.write_text(text)
    shuffled(tmp_path / "train_lmdb")
    assert data.read_bytes() != records
    changed = autofix("solver.prototxt", "--resume", "--quiet", cwd=tmp_path)
    assert changed.code == 2
    assert "is about another train_lmdb/data.mdb, or about this one before it was changed" in changed.err


def test_what_nohup_has_ignored_stays_ignored():
    before = {number: signal.getsignal(number) for number in STOPS}
    try:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        like_ctrl_c()
        with interruptible():
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def test_the_second_signal_does_not_wait():
    with interruptible() as cancel:
        signal.raise_signal(signal.SIGINT)
        assert cancel.is_set()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGTERM)
