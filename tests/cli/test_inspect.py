"""``autofix inspect`` as users call it: no Caffe is needed to read what Caffe wrote."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from snapshots import FATAL, SOUND, train
from trainings import healthy

from autofix import api
from autofix.caffe import Caffe
from autofix.cli.inspect import _bar
from autofix.cli.main import main
from autofix.report.inspection import Reading


@pytest.fixture(scope="module")
def folder(caffe: Caffe, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Snapshots of a training that was sound at first, and a data set with its net."""
    made = tmp_path_factory.mktemp("inspect")
    train(caffe, made, SOUND)
    train(caffe, made / "later", FATAL)
    for name in ("caffemodel", "solverstate"):
        (made / "later" / f"tiny_iter_4.{name}").rename(made / f"tiny_iter_8.{name}")
    healthy(made / "data")
    return made


@pytest.fixture(autouse=True)
def there(folder, monkeypatch):
    monkeypatch.chdir(folder)
    monkeypatch.setenv("COLUMNS", "100")


pytestmark = pytest.mark.caffe
NAN = "hold NaN in 100 % of their weights: the training diverged before this snapshot; start from an earlier one."


def test_a_sound_snapshot(capsys):
    assert main(["inspect", "tiny_iter_6.caffemodel"]) == 0
    out, err = capsys.readouterr()
    assert out.splitlines()[0].startswith('tiny_iter_6.caffemodel: caffemodel (protobuf), net "tiny", iteration 6, ')
    assert re.search(r"ip\[0\] +3 x 64 +[\d.]+ +[\d.]+ +[\d.]+", out)
    assert (out.splitlines()[-2:], err) == (["Nothing wrong.", ""], "")


def test_a_damaged_snapshot(capsys):
    assert main(["inspect", "tiny_iter_8.caffemodel"]) == 1
    out = " ".join(capsys.readouterr().out.split())
    assert f"error W101 inception/conv, norm and ip {NAN}" in out


def test_of_several_the_one_in_which_the_damage_begins(capsys):
    names = [f"tiny_iter_{count}.caffemodel" for count in (8, 2, 6, 4)]
    assert main(["inspect", *names]) == 1
    out = capsys.readouterr().out
    rows = [line.split()[0] for line in out.splitlines() if re.search(r"(sound|not finite)$", line.rstrip())]
    assert rows == sorted(names)
    assert "begins between tiny_iter_6.caffemodel, which is sound, and tiny_iter_8.caffemodel" in " ".join(out.split())


def test_json_has_every_number_and_is_strict(capsys):
    names = ["tiny_iter_6.caffemodel", "tiny_iter_8.caffemodel", "tiny_iter_8.solverstate", "data/train_lmdb"]
    assert main(["inspect", *names, "--json"]) == 1
    found = json.loads(capsys.readouterr().out, parse_constant=lambda word: pytest.fail(f"{word} is not JSON"))
    sound, bad, state, data = found["files"]
    assert (found["schema"], found["unreadable"]) == (1, [])
    assert found["series"]["first_damaged"] == "tiny_iter_8.caffemodel"
    assert [sound["kind"], bad["kind"], state["kind"], data["kind"]] == ["caffemodel"] * 2 + ["solverstate", "data"]
    blob = sound["layers"][2]["blobs"][0]
    assert (sound["layers"][2]["layer"], blob["shape"], blob["nan"], blob["constant"]) == ("ip", [3, 64], 0, False)
    assert bad["layers"][2]["blobs"][0]["mean_abs"] == "nan"
    assert [(finding["code"], finding["iteration"]) for finding in bad["findings"]] == [("W101", 8)]
    assert state["learned_net"] == "tiny_iter_4.caffemodel"
    assert [(one["name"], one["shape"]) for one in data["columns"]] == [("data", [1, 4, 4]), ("label", [])]
    assert data["columns"][1]["labels"] == {"counts": {"0": 100, "1": 100, "2": 100}, "changes": 299}


def test_labels_and_weights_against_a_net(capsys):
    net = (Path("data") / "net.prototxt").read_text().replace("num_output: 3", "num_output: 2")
    Path("data/two.prototxt").write_text(net)
    assert main(["inspect", "data/train_lmdb", "--net", "data/net.prototxt"]) == 0
    assert "3 of" not in capsys.readouterr().err
    assert main(["inspect", "data/train_lmdb", "--net", "data/two.prototxt"]) == 1
    out = " ".join(capsys.readouterr().out.split())
    assert "ip2 has 2 outputs, for labels from 0 to 1; label holds 2." in out


def test_what_cannot_be_read_is_told_and_the_rest_is_read(capsys):
    assert main(["inspect", "gone.caffemodel", "tiny_iter_6.caffemodel", "solver.prototxt"]) == 2
    out, err = capsys.readouterr()
    assert "Nothing wrong." in out
    assert "cannot be read gone.caffemodel: no such file or directory" in out
    assert "for a prototxt there is autofix lint" in out
    assert "Traceback" not in err


@pytest.mark.parametrize("arguments", [["inspect"], ["inspect", "tiny_iter_6.caffemodel", "--net", "gone.prototxt"]])
def test_wrong_use(arguments, capsys):
    assert main(arguments) == 2
    assert capsys.readouterr().out == ""


def test_a_narrow_terminal_and_no_colour(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "50")
    main(["inspect", *(f"tiny_iter_{count}.caffemodel" for count in (6, 8))])
    out = capsys.readouterr().out
    assert max(map(len, out.splitlines()[1:])) <= 50  # the first line is a path and its facts
    assert "\x1b" not in out


def test_the_same_from_python():
    found = api.inspect("tiny_iter_8.caffemodel", "tiny_iter_6.caffemodel")
    assert found.has_error
    assert found.series.last_sound == "tiny_iter_6.caffemodel"
    assert np.isnan(found.files[0].layers[0].blobs[0].mean)


def test_a_bar_on_a_terminal(capsys, monkeypatch):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    with _bar(quiet=False) as show:
        for _ in range(3):
            show(Reading(Path("large.caffemodel"), 1 << 20, 1 << 22))
    with _bar(quiet=True) as show:
        assert show is None
