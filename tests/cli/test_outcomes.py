"""What a run comes to: the exit code, report.json and the output folder, on trainings that Caffe really runs."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from commandline import Run, autofix
from report_schema import complaints
from trainings import broken, digest, healthy

pytestmark = pytest.mark.caffe


@dataclass(frozen=True)
class Done:
    """A run and where it was."""

    folder: Path
    run: Run
    before: dict[str, str]

    @property
    def out(self) -> Path:
        return self.folder / "solver.autofix"


def do(make, folder: Path, *arguments: object, **settings: object) -> Done:
    folder.mkdir(exist_ok=True)
    make(folder, **settings)
    before = digest(folder)
    return Done(folder, autofix("solver.prototxt", *arguments, cwd=folder), before)


def plain_training(caffe, solver: Path, folder: Path) -> str:
    """The log of ``caffe train``, whatever Autofix thinks of it."""
    command = [caffe.path, "train", f"--solver={solver}"]
    env = os.environ | {"GLOG_logtostderr": "1"}
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=True).stderr


def unrunnable(folder: Path) -> None:
    broken(folder)
    net = folder / "net.prototxt"
    net.write_text(net.read_text().replace('"ReLU"', '"Nope"'))


# name -> (which training, arguments, exit code, verdict)
RUNS = {
    "fixed": (broken, ["--json"], 0, "fixed"),
    "already-stable": (healthy, ["--json"], 0, "already-stable"),
    "not-fixed": (broken, ["--json", "--budget", "1"], 1, "not-fixed"),
    "failed": (unrunnable, ["--json"], 3, "failed"),
    "provisional": (broken, ["--json", "--budget", "2", "--probe-iters", "12"], 1, "provisional"),
}


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    """Every run of ``RUNS``."""
    return {name: do(row[0], tmp_path_factory.mktemp(name), *row[1]) for name, row in RUNS.items()}


@pytest.fixture
def fixed(done):
    return done["fixed"]


@pytest.mark.parametrize("name", RUNS)
class TestEveryRun:
    def test_exit_code_and_verdict(self, done, name):
        _, _, code, verdict = RUNS[name]
        assert (done[name].run.code, done[name].run.report["verdict"]) == (code, verdict)

    def test_the_json_is_strict_and_has_every_promised_field(self, done, name):
        assert complaints(done[name].run.report) == []

    def test_report_json_is_what_was_printed(self, done, name):
        assert (done[name].out / "report.json").read_text() == done[name].run.out

    def test_the_users_files_are_as_they_were(self, done, name):
        assert digest(done[name].folder, "solver.autofix") == done[name].before

    def test_the_counts_agree(self, done, name):
        report = done[name].run.report
        assert report["trials_used"] == len(report["trials"]) <= report["budget"]
        assert report["iterations_run"] == sum(trial["iterations"] for trial in report["trials"])
        assert [trial["number"] for trial in report["trials"]] == list(range(report["trials_used"]))
        assert [trial["origin"] for trial in report["trials"][:1]] in ([], ["as written"])

    def test_prototxts_are_written_for_a_fix_alone(self, done, name):
        written = sorted(path.name for path in done[name].out.glob("*.prototxt"))
        expected = ["net.prototxt", "solver.prototxt"] if done[name].run.report["fix"] else []
        assert written == expected
        assert (done[name].out / "autofix.diff").exists() == bool(expected)


def test_progress_in_a_pipe_is_plain_lines(fixed):
    assert "\r" not in fixed.run.err
    assert "\x1b" not in fixed.run.err
    assert re.search(r"^trial 0: the training as it is\n  -> \w+: .+\[\d+ iterations, [\d.]+ s\]$", fixed.run.err, re.M)


def test_the_fix_is_confirmed_with_seeds_other_than_its_own(fixed):
    proof = fixed.run.report["fix"]["confirmation"]
    assert len(proof["seeds"]) >= 2
    assert fixed.run.report["seed"] not in proof["seeds"]
    assert set(proof["verdicts"]) == {"stable"}


def test_every_change_has_its_place_and_a_reason(fixed):
    for change in fixed.run.report["fix"]["changes"]:
        name, line = change["file"].split(":")
        assert change["before"] in (fixed.folder / name).read_text().splitlines()[int(line) - 1]
        assert change["why"]


def test_the_patched_solver_trains_with_plain_caffe(fixed, caffe, tmp_path):
    folder = shutil.copytree(fixed.folder, tmp_path / "copy")
    log = plain_training(caffe, Path("solver.autofix/solver.prototxt"), folder)
    accuracies = re.findall(r"accuracy = ([\d.]+)", log)
    assert float(accuracies[-1]) > 0.95
    assert "Optimization Done" in log


def test_the_training_as_written_does_not_learn(fixed, caffe, tmp_path):
    """Or else the other tests prove nothing."""
    folder = shutil.copytree(fixed.folder, tmp_path / "copy")
    accuracies = re.findall(r"accuracy = ([\d.]+)", plain_training(caffe, Path("solver.prototxt"), folder))
    assert float(accuracies[-1]) < 0.7


def test_the_diff_applies_to_the_originals(fixed, tmp_path):
    names = ["solver.prototxt", "net.prototxt"]
    for name in names:
        shutil.copy(fixed.folder / name, tmp_path)
    diff = (fixed.out / "autofix.diff").read_bytes()
    subprocess.run(["patch", "-p1"], cwd=tmp_path, input=diff, check=True, capture_output=True)
    assert (tmp_path / "net.prototxt").read_text() == (fixed.out / "net.prototxt").read_text()
    patched = (fixed.out / "solver.prototxt").read_text()
    assert (tmp_path / "solver.prototxt").read_text() == patched.replace("solver.autofix/net", "net")


def test_probes_leave_prototxts_and_a_log_and_nothing_else(fixed):
    kept = {path.name for path in fixed.out.glob("probes/*/*")}
    assert kept == {"solver.prototxt", "net.prototxt", "caffe.log"}


def test_an_earlier_result_is_moved_aside(tmp_path):
    first = do(broken, tmp_path, "--budget", "1")
    earlier = digest(first.out)
    again = autofix("solver.prototxt", "--budget", "1", cwd=tmp_path)
    assert again.code == 1
    assert digest(tmp_path / "solver.autofix.1") == earlier
    assert (first.out / "report.json").is_file()
    assert "solver.autofix.1" in again.err


def test_quiet_shows_the_result_alone(tmp_path):
    done = do(broken, tmp_path, "--budget", "1", "--quiet")
    assert done.run.err == ""
    assert "Not fixed." in done.run.out


def test_a_storage_of_ones_own_takes_the_study(tmp_path):
    done = do(broken, tmp_path, "--budget", "1", "--json", "--storage", "sqlite:///all.db", "--study-name", "mine")
    assert done.run.report["study"] == {"storage": "sqlite:///all.db", "name": "mine"}
    assert not (done.out / "study.db").exists()


def test_from_another_folder_it_says_where_caffe_runs_and_how_to_go_there(tmp_path):
    broken(tmp_path)
    (tmp_path / "elsewhere").mkdir()
    run = autofix("../solver.prototxt", "--out", "out put", cwd=tmp_path / "elsewhere")
    assert run.code == 0
    assert f"folder: {tmp_path} (the solver's own folder" in run.err
    assert re.search(rf"cd {tmp_path} && \S*caffe train --solver='elsewhere/out put/solver.prototxt'", run.out)
    report = json.loads((tmp_path / "elsewhere/out put/report.json").read_text())
    assert report["folder"] == str(tmp_path)


@pytest.mark.parametrize(
    ("option", "file", "says"),
    [
        ("--weights", "tiny_iter_50.caffemodel", "Finetuning from"),
        ("--snapshot", "tiny_iter_50.solverstate", "Resuming from"),
    ],
)
def test_every_probe_starts_from_the_weights_or_the_snapshot(option, file, says, caffe, tmp_path):
    training = tmp_path / "training"
    training.mkdir()
    solver = healthy(training, base_lr=0.02)
    text = solver.read_text()
    (training / "short.prototxt").write_text(text.replace("max_iter: 2000", "max_iter: 50"))
    plain_training(caffe, training / "short.prototxt", training)
    # Named as seen from where the user stands, though Caffe runs elsewhere.
    run = autofix("training/solver.prototxt", option, f"training/{file}", "--json", cwd=tmp_path)
    assert (run.code, run.report["verdict"]) == (0, "already-stable")
    logs = sorted(training.glob("solver.autofix/probes/*/caffe.log"))
    assert len(logs) == 4  # the probe, two other seeds, and the margin at twice the base_lr
    for log in logs:
        assert f"{says} {training / file}" in log.read_text()
