"""``autofix lint``: lines as compilers print them, JSON, exit codes; no Caffe is needed."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
from commandline import autofix

CASES = Path(__file__).parents[1] / "health" / "static" / "cases"
SOUND = (CASES / "solver.prototxt").read_text()
NET = (CASES / "net.prototxt").read_text()
NO_CAFFE = {"PATH": str(Path(sys.executable).parent), "HOME": "/nowhere"}
LINE = re.compile(r"^([^:\s]+):(\d+): (error|warning|info) (S\d{3}) (.+)$")


def write(folder: Path, solver: str = SOUND, net: str = NET) -> None:
    (folder / "solver.prototxt").write_text(solver)
    (folder / "net.prototxt").write_text(net)


def test_a_sound_training(tmp_path: Path) -> None:
    write(tmp_path)
    done = autofix("lint", "solver.prototxt", cwd=tmp_path, env=NO_CAFFE)
    assert (done.code, done.out, done.err) == (0, "Nothing wrong.\n", "")


def test_findings_are_lines_that_grep_finds_and_editors_open(tmp_path: Path) -> None:
    write(tmp_path, SOUND.replace("0.01", "0"), NET.replace('"xavier"', '"gaussian"'))
    done = autofix("lint", "solver.prototxt", cwd=tmp_path, env=NO_CAFFE | {"COLUMNS": "40"})
    found = [match for line in done.out.splitlines() if (match := LINE.match(line))]
    assert [match[4] for match in found] == ["S101", "S303", "S303"]
    assert [(match[1], match[2]) for match in found] == [
        ("solver.prototxt", "3"),
        ("net.prototxt", "5"),
        ("net.prototxt", "10"),
    ]
    assert done.out.splitlines()[-1] == "3 errors"
    assert done.code == 1


def test_what_is_wrong_only_from_scratch_is_not_told_where_weights_are_given(tmp_path: Path) -> None:
    write(tmp_path, net=NET.replace('weight_filler { type: "xavier" }', ""))
    assert "S301" in autofix("lint", "solver.prototxt", cwd=tmp_path).out
    done = autofix("lint", "solver.prototxt", "--weights", "good.caffemodel", cwd=tmp_path)
    assert (done.code, done.out) == (2, "")
    assert "--weights good.caffemodel: no such file here" in done.err
    (tmp_path / "good.caffemodel").touch()
    assert autofix("lint", "solver.prototxt", "--weights", "good.caffemodel", cwd=tmp_path).out == "Nothing wrong.\n"


def test_warnings_and_infos_are_no_error(tmp_path: Path) -> None:
    write(tmp_path, SOUND.replace("0.9", "0.999"))
    done = autofix("lint", "solver.prototxt", cwd=tmp_path)
    assert done.code == 0
    assert done.out.splitlines()[-1] == "1 warning"


def test_json(tmp_path: Path) -> None:
    write(tmp_path, SOUND.replace("0.01", "nan"))
    done = autofix("lint", "solver.prototxt", "--json", cwd=tmp_path)
    assert done.code == 1
    report = done.report
    assert list(report) == ["schema", "solver", "findings"]
    assert (report["schema"], report["solver"]) == (1, str(tmp_path / "solver.prototxt"))
    (finding,) = report["findings"]
    assert (finding["code"], finding["severity"], finding["file"], finding["line"]) == (
        "S101",
        "error",
        "solver.prototxt",
        3,
    )
    assert finding["remedy"]["advice"]


@pytest.mark.parametrize(
    ("solver", "net", "told"),
    [
        ("net: {", NET, "solver.prototxt:1:"),
        (SOUND, "layer {", "net.prototxt:1:"),
        (SOUND.replace("net.prototxt", "gone.prototxt"), NET, 'solver.prototxt:2: the net "gone.prototxt" is not in'),
        (SOUND.replace("0.01", '"fast"'), NET, "solver.prototxt:3:10: a number is needed here"),
        (SOUND, NET.replace("num_output: 5", "num_output: five"), "net.prototxt:5:"),
        ("\x00\x01", NET, "a binary file, not a prototxt"),
    ],
)
def test_unreadable_input_is_one_line_and_exit_code_2(tmp_path: Path, solver: str, net: str, told: str) -> None:
    write(tmp_path, solver, net)
    done = autofix("lint", "solver.prototxt", cwd=tmp_path)
    assert done.code == 2
    assert done.out == ""
    assert told in done.err.splitlines()[0]
    assert len(done.err.splitlines()) <= 2


def test_paths_are_as_the_user_sees_them(tmp_path: Path) -> None:
    (tmp_path / "nets").mkdir()
    write(tmp_path / "nets", SOUND.replace("0.01", "0"))
    assert autofix("lint", "nets/solver.prototxt", cwd=tmp_path).out.startswith("nets/solver.prototxt:3: error S101")
