"""Every way to go wrong is one clear line, often a hint, the promised exit code, and nothing of the user's changed."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import optuna
import pytest
from commandline import autofix
from no_caffe import no_caffe
from report_schema import complaints
from trainings import broken, digest

from autofix.api import _starting_point
from autofix.cli.main import main
from autofix.cli.progress import Progress
from autofix.model import load
from autofix.search import RunEnded

pytestmark = pytest.mark.caffe

SHAPE = re.compile(r"autofix: [^\n]+\n(  [^\n]+\n)?(  also [^\n]+\n)*")  # one line, perhaps a hint, what else is wrong


@dataclass(frozen=True)
class Case:
    """What is done to a good training, how autofix is called then, and what has to come of it."""

    code: int
    says: str
    arguments: tuple[str, ...] = ()
    given: Callable[[Path], object] = lambda folder: None
    solver: str = "solver.prototxt"
    env: Callable[[Path], dict[str, str]] = lambda folder: {}


def edit(file: str, old: str, new: str) -> Callable[[Path], object]:
    def change(folder: Path) -> None:
        text = (folder / file).read_text()
        assert old in text
        (folder / file).write_text(text.replace(old, new))

    return change


def a_study_elsewhere(folder: Path) -> None:
    optuna.create_study(storage=f"sqlite:///{folder / 'other.db'}", study_name="autofix")


def files_of_somebody(folder: Path) -> None:
    (folder / "results").mkdir()
    (folder / "results/report.json").write_text("mine")


def hidden(folder: Path) -> dict[str, str]:
    (folder.parent / "hidden").mkdir()
    return no_caffe(folder.parent / "hidden")


def a_log(folder: Path) -> None:
    (folder / "caffe.log").write_text("I1126 04:02:07.711325 20112 caffe.cpp:197] Use CPU.\n")


CASES = {
    "no such file": Case(2, r"gone.prototxt: no such file", solver="gone.prototxt"),
    "a log": Case(2, "caffe.log: the log of a training, not a solver", given=a_log, solver="caffe.log"),
    "a folder": Case(2, r"train_lmdb: .*(directory|folder)", solver="train_lmdb"),
    "solver does not parse": Case(
        2, r"solver.prototxt:3:8: ", given=edit("solver.prototxt", "base_lr: 0.1", "base_lr 0.1")
    ),
    "net does not parse": Case(2, r"net.prototxt:\d+:\d+: ", given=edit("net.prototxt", "bottom: ", "bottom ")),
    "a value of the wrong kind": Case(
        2, r"solver.prototxt:3:10: ", given=edit("solver.prototxt", "base_lr: 0.1", 'base_lr: "0.1"')
    ),
    "solver without net": Case(2, "names no net", given=edit("solver.prototxt", "net:", "#")),
    "a net for a solver": Case(2, "a net, not a solver", solver="net.prototxt"),
    "net is not there": Case(
        2, r'solver.prototxt:2: the net "gone.prototxt"', given=edit("solver.prototxt", "net.proto", "gone.proto")
    ),
    "--out is the solver's folder": Case(2, r"--out .*: .* lies in there", ("--out", ".")),
    "--out holds the solver": Case(2, r"--out .*: .* lies in there", ("--out", "..")),
    "--out is a file": Case(2, "--out .*: not a folder", ("--out", "net.prototxt")),
    "--out is somebody's": Case(2, "--out .*results: holds files", ("--out", "results"), given=files_of_somebody),
    "--out cannot be written": Case(2, "--out /proc/x: ", ("--out", "/proc/x")),
    "--device is no device": Case(2, "--device tpu: not a device", ("--device", "tpu")),
    "no such weights": Case(2, "--weights gone.caffemodel: no such file", ("--weights", "gone.caffemodel")),
    "no such snapshot": Case(2, "--snapshot gone.solverstate: no such file", ("--snapshot", "gone.solverstate")),
    "weights and snapshot": Case(2, "only one", ("--weights", "net.prototxt", "--snapshot", "net.prototxt")),
    "study exists": Case(
        2, "'autofix' exists in sqlite:///other.db", ("--storage", "sqlite:///other.db"), given=a_study_elsewhere
    ),
    "no such storage": Case(2, "--storage nosql://x: ", ("--storage", "nosql://x")),
    "no Caffe": Case(3, "found no Caffe", env=hidden),
    "--caffe is none": Case(3, "--caffe net.prototxt: no working Caffe", ("--caffe", "net.prototxt")),
    "no GPU": Case(3, "--device gpu: ", ("--device", "gpu"), env=lambda folder: {"CUDA_VISIBLE_DEVICES": ""}),
    "no data": Case(
        3, r"net.prototxt:4: layer pixels: gone_lmdb: no such", given=edit("net.prototxt", "train_lmdb", "gone_lmdb")
    ),
    "unknown layer type": Case(
        3,
        r'net.prototxt:16: Layer relu1 has the type "RelU".*\n  write  type: "ReLU" .*Unknown layer type: RelU\)',
        given=edit("net.prototxt", '"ReLU"', '"RelU"'),
    ),
    "a fork's layer type": Case(
        3,
        r"net.prototxt:16: Caffe cannot run this training: Unknown layer type: Mish\n.*use the fork",
        given=edit("net.prototxt", '"ReLU"', '"Mish"'),
    ),
    "unknown field": Case(
        3,
        r'net.prototxt:19: .* has no field num_outputs: .*\n  did you mean num_output\? .*no field named "num_outputs"',
        given=edit("net.prototxt", "num_output: 3", "num_outputs: 3"),
    ),
    "a fork's field": Case(
        3,
        r'net.prototxt:19: Caffe cannot run .*no field named "fork_size".\n  this Caffe cannot read that',
        given=edit("net.prototxt", "num_output: 3", "num_output: 3 fork_size: 2"),
    ),
    "a fork's filler": Case(
        3,
        r'net.prototxt:19: Layer ip2 has a filler "glorot".*\n  choose one of .*Unknown filler name: glorot\)',
        given=edit(
            "net.prototxt",
            'num_output: 3 weight_filler {{ type: "xavier"'.replace("{{", "{"),
            'num_output: 3 weight_filler { type: "glorot"',
        ),
    ),
    "unknown bottom": Case(
        3,
        r'net.prototxt:16: Layer relu1 reads "ipl", .*\n  did you mean "ip1"\? .*Unknown bottom blob \'ipl\'',
        given=edit("net.prototxt", '"ReLU" bottom: "ip1"', '"ReLU" bottom: "ipl"'),
    ),
    "a Python layer without its module": Case(
        3,
        r"net.prototxt:16: layer relu1: .*No module named 'gone'\n  .*PYTHONPATH, as for caffe train\n",
        given=edit("net.prototxt", '"ReLU"', '"Python" python_param { module: "gone" layer: "Gone" }'),
    ),
    "unknown policy": Case(
        3,
        r'solver.prototxt:5: lr_policy "magic" .*\n  choose one of .*Unknown learning rate policy: magic\)',
        given=edit("solver.prototxt", "fixed", "magic"),
    ),
    "unknown solver type": Case(
        3,
        r'solver.prototxt:4: type "Magic" .*\n  choose one of .*Unknown solver type: Magic\)',
        given=edit("solver.prototxt", "momentum: 0.9", 'type: "Magic"'),
    ),
    "shapes do not fit": Case(
        3,
        r"net.prototxt:21: layer loss: .*Number of labels.*\n.*one label .*reads ip2 \(30 x 3\) and ip1 \(30 x 16\)",
        given=edit("net.prototxt", 'bottom: "label"', 'bottom: "ip1"'),
    ),
    "means that a thread which reads data stops at": Case(
        3,
        r"net.prototxt:\d+: Layer pixels has 3 mean_value for data of 1 channels: .*\n  write one .*Caffe said: ",
        given=edit("net.prototxt", "data_param", "transform_param { mean_value: [1, 2, 3] } data_param"),
    ),
    "several slips": Case(
        3,
        r"solver.prototxt:3: .*base_Ir.*\n  did you mean base_lr\? .*\n  also net.prototxt:16: .*ipl",
        given=lambda folder: (
            edit("solver.prototxt", "base_lr", "base_Ir")(folder),
            edit("net.prototxt", '"ReLU" bottom: "ip1"', '"ReLU" bottom: "ipl"')(folder),
        ),
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_error(case, tmp_path, monkeypatch, capfd):
    folder = tmp_path / "training"
    broken(folder)
    case.given(folder)
    before = digest(folder)
    monkeypatch.chdir(folder)
    for name, value in case.env(folder).items():
        monkeypatch.setenv(name, value)
    capfd.readouterr()  # what the preparations printed
    code = main([case.solver, *case.arguments, "--quiet"])
    out, err = capfd.readouterr()
    assert code == case.code, err
    assert SHAPE.fullmatch(err), err
    assert re.search(case.says, err), err
    assert out == ""
    assert digest(folder, "solver.autofix") == before


NOTHING_RAN = ("no Caffe", "--caffe is none", "no GPU", "no data")


@pytest.mark.parametrize("case", [CASES[name] for name in NOTHING_RAN], ids=NOTHING_RAN)
def test_json_tells_what_stopped_it_before_caffe_ran(case, tmp_path, monkeypatch, capfd):
    """Scripts that asked for JSON once got nothing at all on standard output."""
    folder = tmp_path / "training"
    broken(folder)
    case.given(folder)
    monkeypatch.chdir(folder)
    for name, value in case.env(folder).items():
        monkeypatch.setenv(name, value)
    capfd.readouterr()
    assert main([case.solver, *case.arguments, "--json", "--quiet"]) == 3
    out, err = capfd.readouterr()
    report = json.loads(out)
    assert complaints(report) == []
    assert (report["verdict"], report["trials"]) == ("failed", [])
    assert report["device"] is None  # the wish "auto" is no device
    assert f"autofix: {report['why']}\n" in err


def test_several_weights_stand_with_commas_between(tmp_path, monkeypatch, capfd):
    """As in ``caffe train --weights a,b``; the whole list once was taken for the name of one file."""
    broken(tmp_path)
    monkeypatch.chdir(tmp_path)
    Path("a.caffemodel").write_bytes(b"")
    assert main(["solver.prototxt", "--weights", "a.caffemodel,gone.caffemodel", "--quiet"]) == 2
    assert "--weights gone.caffemodel: no such file" in capfd.readouterr().err
    training = load(tmp_path / "solver.prototxt")
    Path("b.caffemodel").write_bytes(b"")
    found = _starting_point(training, Path("a.caffemodel,b.caffemodel"), None)
    assert str(found["weights"]) == f"{tmp_path}/a.caffemodel,{tmp_path}/b.caffemodel"


@pytest.mark.parametrize(
    "arguments",
    ["", "inpsect x.caffemodel", "s --budget 0", "s --budget many", "s --nope", "s --timeout -1", "s --jobs 0"],
)
def test_wrong_use_is_told_with_the_usage(arguments, capfd):
    assert main(arguments.split()) == 2
    out, err = capfd.readouterr()
    assert "Usage: autofix" in err
    assert out == ""


def test_an_earlier_result_stays_where_it_is_when_nothing_can_be_run(tmp_path, monkeypatch):
    broken(tmp_path)
    (tmp_path / "solver.autofix/probes").mkdir(parents=True)
    (tmp_path / "solver.autofix/report.json").write_text("an earlier one")
    before = digest(tmp_path)
    monkeypatch.chdir(tmp_path)
    assert main(["solver.prototxt", "--device", "tpu"]) == 2
    assert main(["solver.prototxt", "--caffe", "gone"]) == 3
    assert digest(tmp_path) == before


def test_an_error_in_the_installed_command_has_no_traceback(tmp_path):
    run = autofix("gone.prototxt", cwd=tmp_path)
    assert (run.code, run.out, run.err) == (2, "", "autofix: gone.prototxt: no such file\n")


def drop_trials(out: Path) -> None:
    with closing(sqlite3.connect(out / "study.db")) as database:
        database.execute("DROP TABLE trials")


@pytest.mark.parametrize("harm", [drop_trials, shutil.rmtree])
def test_a_run_whose_files_vanish_ends_in_one_clear_line(harm, tmp_path, monkeypatch, capfd):
    broken(tmp_path)
    monkeypatch.chdir(tmp_path)

    def listen(self: object, event: object) -> None:
        if isinstance(event, RunEnded):
            harm(tmp_path / "solver.autofix")

    monkeypatch.setattr(Progress, "__call__", listen)
    assert main(["solver.prototxt"]) == 2
    err = capfd.readouterr().err
    assert SHAPE.fullmatch(err), err
    assert re.search("cannot be written|No such file", err), err
