"""Output into a pipe that nobody reads: it once was a traceback, or the exit code of a finding."""

from __future__ import annotations

import os
import subprocess

import pytest
from commandline import COMMAND, SECONDS

from autofix.cli.exits import UNREAD

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
