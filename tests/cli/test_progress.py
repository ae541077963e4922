"""What is seen meanwhile: bars on a terminal, plain lines with a sign of life in a file."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import termios

import pytest
from commandline import COMMAND
from trainings import broken

from autofix.cli import progress
from autofix.cli.progress import Progress, spoken
from autofix.model import Candidate
from autofix.search import IterationSeen, Note, Proposal, RunEnded, RunStarted, TrialStarted

EVENTS = (
    Note("device: cpu"),
    TrialStarted(0, Proposal(Candidate(), "as written", "the training as it is")),
    RunStarted("000", 300),
    IterationSeen("000", 1, 2.3),
)
WINDOW = struct.pack("HHHH", 24, 60, 0, 0)  # 24 rows of 60 columns


def test_plain_lines_where_there_is_no_terminal(capsys):
    with Progress(20) as show:
        for event in (*EVENTS, RunEnded("000", 1)):
            show(event)
    assert capsys.readouterr() == ("", "device: cpu\ntrial 0: the training as it is\n")


def test_a_sign_of_life_in_a_long_probe(capsys, monkeypatch):
    monkeypatch.setattr(progress, "PATIENCE", 0.0)
    with Progress(20) as show:
        show(RunStarted("003-seed2", 800))
        show(IterationSeen("003-seed2", 120, 0.6931))
    assert capsys.readouterr().err == "  trial 3, seed 2: 120 iterations so far, loss 0.6931\n"


def test_quiet_says_nothing(capsys):
    with Progress(20, quiet=True) as show:
        for event in EVENTS:
            show(event)
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("name", "words"),
    {
        "000": "trial 0",
        "012-seed3": "trial 12, seed 3",
        "001-faster": "trial 1, with a larger base_lr",
        "001-long-seed2": "trial 1, once more, longer, seed 2",
        "004-rates": "trial 4, range test of base_lr",
        "else": "else",
    }.items(),
)
def test_runs_are_named_in_words(name, words):
    assert spoken(name) == words


@pytest.mark.caffe
def test_bars_with_the_live_loss_on_a_terminal(tmp_path):
    broken(tmp_path, batch=500)
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, WINDOW)
    process = subprocess.Popen(
        [*COMMAND, "solver.prototxt"], cwd=tmp_path, stderr=theirs, stdout=subprocess.PIPE, text=True
    )
    os.close(theirs)
    shown = b""
    while chunk := _read(ours):
        shown += chunk
    out, _ = process.communicate(timeout=180)
    text = shown.decode()
    assert process.returncode == 0
    assert re.search(r"trials 1 of 20 done \|", text)
    assert re.search(r"  trial 1: \d+/\d+, loss [\d.]+ \|.*\| at most \d\d:\d\d", text)
    assert "\x1b[32m\x1b[1mstable and confirmed\x1b[0m: " in text
    assert "Fixed." in out
    assert "\x1b" not in out


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 1 << 16)
    except OSError:  # Linux tells so that the other side is closed
        return b""
