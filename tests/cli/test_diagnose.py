"""``autofix diagnose``: exit codes, JSON, live reading, and the one-liner that stops a real training."""

from __future__ import annotations

import gzip
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from commandline import COMMAND, SECONDS, autofix, start, wait_for
from trainings import broken

import autofix as package
from autofix.caffe import Caffe
from autofix.cli.main import main

LOGS = Path(__file__).parents[1] / "debuginfo/logs"
LEARNS = LOGS.parents[1] / "health/logs/learns.log"
CODES = {
    "healthy": 0,
    "nan-forward": 1,
    "nan-lr": 1,
    "zero-diffs": 1,
    "vanishing": 1,
    "exploding": 1,
    "late-collapse": 1,
    "resumed": 0,
    "crash": 1,
    "no-debug-info": 0,
    "not-a-net": 1,
}
PROMISED = {"schema", "verdict", "iterations", "first_bad", "findings"}
FINDING = {"code", "title", "severity", "layer", "blob", "iteration", "evidence", "explanation", "remedy"}
FIRST_BAD = {"iteration", "phase", "layer", "blob", "kind", "value"}


def as_json(capfd: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, Any]]:
    capfd.readouterr()
    code = main(["diagnose", *arguments, "--json"])
    out, err = capfd.readouterr()
    assert err == ""
    return code, json.loads(out, parse_constant=lambda word: pytest.fail(f"{word} is not JSON"))


@pytest.mark.parametrize("name", CODES)
def test_exit_codes(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["diagnose", str(LOGS / f"{name}.log")]) == CODES[name]
    assert as_json(capfd, str(LOGS / f"{name}.log"))[0] == CODES[name]


def test_a_stable_training_is_told_as_one(capfd: pytest.CaptureFixture[str]) -> None:
    code, found = as_json(capfd, str(LEARNS))
    assert (code, found["verdict"], found["findings"]) == (0, "stable", [])


def test_the_json_has_the_promised_fields(capfd: pytest.CaptureFixture[str]) -> None:
    _, found = as_json(capfd, str(LOGS / "nan-forward.log"))
    assert set(found) >= PROMISED
    assert found["schema"] == 1
    assert set(found["first_bad"]) == FIRST_BAD
    assert found["first_bad"]["value"] == "nan"
    assert all(set(finding) >= FINDING for finding in found["findings"])
    assert as_json(capfd, str(LOGS / "healthy.log"))[1]["first_bad"] is None


def test_python_gives_the_same_fields() -> None:
    found = package.diagnose(LOGS / "nan-forward.log")
    assert found.verdict.value == "diverged"
    assert found.first_bad is not None
    assert (found.first_bad.iteration, found.first_bad.layer) == (7, "log it")
    with pytest.raises(AttributeError):
        found.verdict = found.verdict  # type: ignore[misc]


def test_a_packed_log_is_read(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    log = LOGS / "nan-forward.log"
    (tmp_path / "train.log.gz").write_bytes(gzip.compress(log.read_bytes()))
    _, packed = as_json(capfd, str(tmp_path / "train.log.gz"))
    _, plain = as_json(capfd, str(log))
    assert {**packed, "log": ""} == {**plain, "log": ""}


# --- bad input ---

WRONG = {
    "empty": (b"", "is empty"),
    "binary": (b"\x89HDF\r\n\x1a\n\0\0\0", "is not a text file"),
    "another program's": (b"Epoch 1/5 - loss: 0.25\n" * 9, "none of its 9 lines comes from Caffe"),
    "damaged gzip": (gzip.compress(LEARNS.read_bytes())[:-500], "damaged gzip file"),
    "one long line": (b"x" * (1 << 22), "its only line does not come from Caffe"),
    "cut UTF-8": ("ä".encode()[:1], "its only line does not come from Caffe"),
}


@pytest.mark.parametrize(("content", "says"), WRONG.values(), ids=WRONG)
@pytest.mark.parametrize("way", ["file", "pipe"])
def test_what_is_no_log_gives_one_clear_line(content: bytes, says: str, way: str, tmp_path: Path) -> None:
    path = tmp_path / "train.log"
    path.write_bytes(content)
    with path.open("rb") as stream:
        run = subprocess.run(
            [*COMMAND, "diagnose", "-" if way == "pipe" else str(path)],
            stdin=stream,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
    assert (run.returncode, run.stdout) == (2, "")
    assert re.fullmatch(r"autofix: .+\n(  .+\n)?", run.stderr), run.stderr
    assert says in run.stderr


def test_a_missing_log_a_folder_and_wrong_use(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["diagnose", str(tmp_path / "gone.log")]) == 2
    assert main(["diagnose", str(tmp_path)]) == 2
    out, err = capfd.readouterr()
    assert "gone.log: no such file" in err
    assert "is a directory" in err
    assert main(["diagnose", str(LEARNS), "--stop-on", "error"]) == 2
    assert "--follow" in capfd.readouterr().err
    assert out == ""


def test_a_page_that_cannot_be_written_gives_one_line(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["diagnose", str(LEARNS), "--html", str(tmp_path / "gone/page.html")]) == 2
    out, err = capfd.readouterr()
    assert (out, err.splitlines()[0]) == ("", f"autofix: {tmp_path / 'gone'}: no such folder")


def test_following_a_pipe_ends_with_it() -> None:
    with LEARNS.open("rb") as stream:
        run = subprocess.run([*COMMAND, "diagnose", "-", "--follow"], stdin=stream, timeout=SECONDS, check=False)
    assert run.returncode == 0


def test_a_page_is_written_beside_the_text(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["diagnose", str(LEARNS), "--html", str(tmp_path / "page.html")]) == 0
    assert "stable" in (tmp_path / "page.html").read_text()
    assert "stable" in capfd.readouterr().out


# --- live ---


def reading(*arguments: str, cwd: Path) -> subprocess.Popen[str]:
    """Start ``autofix diagnose`` with pipes on both sides."""
    return subprocess.Popen(
        [*COMMAND, "diagnose", *arguments],
        cwd=cwd,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"COLUMNS": "200"},
    )


def test_a_finding_appears_while_the_training_goes_on_and_once(tmp_path: Path) -> None:
    lines = (LOGS / "nan-forward.log").read_text().splitlines(keepends=True)
    bad = next(place for place, line in enumerate(lines) if "data: nan" in line or "data: -nan" in line)
    child = reading("-", cwd=tmp_path)
    assert child.stdin is not None
    assert child.stdout is not None
    child.stdin.writelines(lines[:bad])
    child.stdin.flush()
    child.stdin.write(lines[bad])
    child.stdin.flush()
    first = child.stdout.readline()  # how soon is for studies/bench_diagnose.py to tell
    assert first.startswith('error H101 NaN or infinity, layer "log it", iteration 7')
    rest, _ = child.communicate("".join(lines[bad + 1 :]), timeout=SECONDS)
    live, report = rest.split("standard input: diverged")
    assert "H101" not in live
    assert "H101" in report
    assert child.returncode == 1


def test_a_followed_log_ends_with_its_training(tmp_path: Path) -> None:
    text = LEARNS.read_text()
    log = tmp_path / "train.log"
    log.write_text(text[:3000])
    child = start("diagnose", "train.log", "--follow", "--json", cwd=tmp_path)
    time.sleep(1)
    with log.open("a") as file:
        file.write(text[3000:])
    out, err = child.communicate(timeout=SECONDS)
    assert json.loads(out)["verdict"] == "stable"
    assert (child.returncode, err) == (0, "")


@pytest.mark.parametrize(("stop_on", "code"), [("error", "H101"), ("warning", "H")])
def test_stop_on_ends_at_the_first_finding_of_a_log_that_goes_on(stop_on: str, code: str, tmp_path: Path) -> None:
    log = tmp_path / "train.log"
    log.write_text((LOGS / "nan-forward.log").read_text().partition("Optimization Done")[0])
    run = autofix("diagnose", "train.log", "--follow", "--stop-on", stop_on, cwd=tmp_path)
    assert run.code == 1
    assert f"{code}" in run.out.splitlines()[0]


def read_errors_to(text: str, child: subprocess.Popen[str]) -> None:
    """Read what a child prints as errors up to a line with this text."""
    assert child.stderr is not None
    assert any(text in line for line in iter(child.stderr.readline, ""))


def test_ctrl_c_ends_the_following_with_what_is_known(tmp_path: Path) -> None:
    (tmp_path / "train.log").write_text((LOGS / "nan-forward.log").read_text().partition("Optimization Done")[0])
    child = reading("train.log", "--follow", "--json", cwd=tmp_path)
    read_errors_to("error H101", child)
    child.send_signal(signal.SIGINT)
    out, err = child.communicate(timeout=SECONDS)
    assert json.loads(out)["verdict"] == "diverged"
    assert child.returncode == 1
    assert "Traceback" not in err


def test_ctrl_c_in_a_pipe_lets_the_training_end_first(tmp_path: Path) -> None:
    text, mark, rest = (LOGS / "nan-forward.log").read_text().partition("Iteration 9 ")
    child = reading("-", "--json", cwd=tmp_path)
    assert child.stdin is not None
    child.stdin.write(text)
    child.stdin.flush()
    read_errors_to("error H101", child)
    child.send_signal(signal.SIGINT)
    read_errors_to("autofix: reading on until the training has ended", child)
    out, _ = child.communicate(mark + rest, timeout=SECONDS)
    assert json.loads(out)["last_iteration"] == 20
    assert child.returncode == 1


# --- on real Caffe ---

ONE_LINER = "caffe train --solver=solver.prototxt 2>&1 | autofix diagnose - --stop-on error"
BACKGROUND = """\
caffe train --solver=solver.prototxt > train.log 2>&1 &
autofix diagnose train.log --follow --stop-on error || kill $!
"""


@pytest.fixture
def diverging(tmp_path: Path, caffe: Caffe) -> Path:
    """A folder with a training that is NaN within a few iterations and would run for hours; commands by their names."""
    solver = broken(tmp_path, base_lr=100, max_iter=100_000_000)
    solver.write_text(solver.read_text().replace("display: 100", "display: 1\ndebug_info: true"))
    names = tmp_path / "bin"
    names.mkdir()
    (names / "autofix").write_text(f'#!/bin/sh\nexec {sys.executable} -m autofix "$@"\n')
    (names / "caffe").write_text(f'#!/bin/sh\nexec {caffe.path} "$@"\n')
    for name in names.iterdir():
        name.chmod(0o755)
    return tmp_path


@pytest.mark.caffe
@pytest.mark.parametrize("script", [ONE_LINER, BACKGROUND], ids=["pipe", "background"])
def test_the_documented_one_liner_stops_a_training(script: str, diverging: Path) -> None:
    assert script.strip() in (Path(__file__).parents[2] / "docs/diagnose.md").read_text().replace("    ", "")
    environment = os.environ | {"PATH": f"{diverging / 'bin'}:{os.environ['PATH']}", "GLOG_logtostderr": "1"}
    ended = subprocess.run(
        ["bash", "-c", f"{script}\necho ended ${{PIPESTATUS[@]}}; wait"],
        cwd=diverging,
        env=environment,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert re.match(r"error H\d+", ended.stdout)
    assert "ended" in ended.stdout
    wait_for(lambda: not processes_in(diverging))


def processes_in(folder: Path) -> list[str]:
    """Caffe's processes that run in a folder."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cwd"):
        try:
            if entry.readlink() == folder and b"caffe" in (entry.parent / "cmdline").read_bytes():
                found.append(entry.parent.name)
        except OSError:
            continue
    return found
