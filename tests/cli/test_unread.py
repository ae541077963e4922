"""Output into a pipe that nobody reads: it once was a traceback, or the exit code of a finding."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from commandline import COMMAND, SECONDS

from autofix.cli.exits import UNREAD, WRONG_USE

SOLVER = """net: "net.prototxt"\nbase_lr: 0.1\nlr_policy: "fixed"\nmax_iter: 10\n"""
NET = 'layer { name: "d" type: "Input" top: "x" input_param { shape { dim: 1 } } }\n'


@pytest.mark.parametrize("command", ["--help", "lint solver.prototxt", "lint --json solver.prototxt", "gone.prototxt"])
def test_a_closed_pipe_ends_it_quietly(command, tmp_path):
    (tmp_path / "solver.prototxt").write_text(SOLVER)
    (tmp_path / "net.prototxt").write_text(NET)
    reader, writer = os.pipe()
    os.close(reader)
    errors = writer if command == "gone.prototxt" else subprocess.PIPE
    done = subprocess.run(
        [*COMMAND, *command.split()], cwd=tmp_path, stdout=writer, stderr=errors, timeout=SECONDS, check=False
    )
    os.close(writer)
    assert done.returncode == UNREAD
    assert not done.stderr


def test_no_standard_output_at_all_is_no_error():
    done = subprocess.run(["sh", "-c", '"$@" >&-', "sh", *COMMAND, "--version"], timeout=SECONDS, check=False)
    assert done.returncode == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no disk that is always full")
@pytest.mark.parametrize("command", ["--help", "lint solver.prototxt", "lint --json solver.prototxt"])
def test_a_full_disk_is_told_in_one_line(command, tmp_path):
    (tmp_path / "solver.prototxt").write_text(SOLVER)
    (tmp_path / "net.prototxt").write_text(NET)
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*COMMAND, *command.split()],
            cwd=tmp_path,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=SECONDS,
            check=False,
        )
    assert done.returncode == WRONG_USE
    assert done.stderr == "autofix: a file: No space left on device\n"
