"""Stopped at any moment: no process goes on, nothing of the user's is changed, and ``--resume`` goes on from there."""

from __future__ import annotations

import json
import signal
from dataclasses import dataclass
from pathlib import Path

import pytest
from commandline import autofix, start, trainings_of, wait_for
from report_schema import complaints
from trainings import broken, digest, healthy

from autofix.cli.interrupt import STOPS, interruptible, like_ctrl_c

pytestmark = pytest.mark.caffe

SLOW = 1000  # images in a batch: some 200 iterations a second, so that there is a middle to stop in


@dataclass(frozen=True)
class Case:
    """A training, when it is stopped (once these logs are being written) and how, and what had ended by then.

    Args:
        ended: trials.
        kept: trainings of those that had not, which need not be run again.
        begun: trials that had not ended.
    """

    make: object
    logs: tuple[str, ...]
    signal: signal.Signals
    ended: int
    kept: int = 0
    begun: int = 1
    arguments: tuple[str, ...] = ()


TWO = ("001-seed2", "001-seed3")
CASES = {
    "Ctrl-C in the first probe": Case(healthy, ("000",), signal.SIGINT, 0),
    "terminal closed in a proof": Case(broken, ("001-seed2",), signal.SIGHUP, 1, 1),
    "killed in a proof": Case(broken, ("001-seed3",), signal.SIGKILL, 1, 2),
    "Ctrl-C in two trainings at once": Case(broken, TWO, signal.SIGINT, 1, 2, 2, ("--jobs", "2")),
    "told to end in two trainings at once": Case(broken, TWO, signal.SIGTERM, 1, 2, 2, ("--jobs", "2")),
    "killed in two trainings at once": Case(broken, TWO, signal.SIGKILL, 1, 2, 2, ("--jobs", "2")),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_interrupted_and_resumed(case, tmp_path):
    case.make(tmp_path, batch=SLOW)
    before, out = digest(tmp_path), tmp_path / "solver.autofix"
    process = start("solver.prototxt", *case.arguments, cwd=tmp_path)
    wait_for(lambda: all(_is_training(out / "probes" / name / "caffe.log") for name in case.logs))
    process.send_signal(case.signal)
    shown, err = process.communicate(timeout=180)
    wait_for(lambda: not trainings_of(out), seconds=5)
    assert "Traceback" not in err
    if case.signal is signal.SIGKILL:
        assert process.returncode == -signal.SIGKILL
    else:
        assert process.returncode == 130
        _is_told(case, shown, out)
    assert digest(tmp_path, "solver.autofix") == before

    logs = {log.read_bytes() for log in out.glob("probes/*/caffe.log")}
    last = max(int(folder.name[:3]) for folder in (out / "probes").iterdir())
    run = autofix("solver.prototxt", "--resume", "--json", *case.arguments, cwd=tmp_path)
    assert run.code == 0, run.err
    assert f"going on after {case.ended} trial" in run.err
    assert run.err.count("kept from before, stable after") == case.kept
    later = (log for log in out.glob("probes/*/caffe.log") if int(log.parent.name[:3]) > last)
    assert sum(log.read_bytes() in logs for log in later) == case.kept
    numbers = [trial["number"] for trial in run.report["trials"]]
    assert numbers[: case.ended + 1] == [*range(case.ended), last + 1]  # what was cut short keeps its number
    assert digest(tmp_path, "solver.autofix") == before


def _is_told(case, shown, out):
    """What was interrupted in good order says so, and writes what passed its probe as provisional."""
    assert "Interrupted. " in shown
    assert "interrupted. The search was interrupted" not in shown
    assert "--resume" in shown
    report = json.loads((out / "report.json").read_text())
    assert (report["verdict"], report["trials_used"]) == ("interrupted", case.ended + case.begun)
    assert complaints(report) == []
    written = {path.name for path in out.glob("*.prototxt")}
    if case.ended:
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


def test_a_finished_study_is_resumed_without_another_training(tmp_path):
    broken(tmp_path)
    first = autofix("solver.prototxt", "--json", cwd=tmp_path)
    again = autofix("solver.prototxt", "--json", "--resume", cwd=tmp_path)
    assert (first.code, again.code) == (0, 0)
    assert again.report["trials"] == first.report["trials"]
    assert again.report["fix"] == first.report["fix"]
    assert not (tmp_path / "solver.autofix.1").exists()


def test_more_budget_goes_on_with_the_study(tmp_path):
    broken(tmp_path)
    first = autofix("solver.prototxt", "--json", "--budget", "1", cwd=tmp_path)
    more = autofix("solver.prototxt", "--json", "--budget", "20", "--resume", cwd=tmp_path)
    assert (first.code, more.code) == (1, 0)
    assert more.report["trials"][0] == first.report["trials"][0]
    assert more.report["trials_used"] > 1


def test_a_study_of_files_that_were_edited_since_is_not_resumed(tmp_path):
    solver = broken(tmp_path)
    autofix("solver.prototxt", "--budget", "1", cwd=tmp_path)
    solver.write_text(solver.read_text().replace("base_lr: 0.1", "base_lr: 0.2"))
    run = autofix("solver.prototxt", "--resume", "--quiet", cwd=tmp_path)
    assert run.code == 2
    assert "before they were edited" in run.err


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
