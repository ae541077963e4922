"""Training an example with plain ``caffe train``; of Autofix only its search for a Caffe takes part."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from autofix.caffe import Job, find

EXAMPLES = Path(__file__).parents[1] / "examples"
QUIET = {"GLOG_logtostderr": "1", "OPENBLAS_NUM_THREADS": "1"}


@dataclass(frozen=True)
class Log:
    """What a training printed: the loss of each displayed iteration and the accuracy of each test."""

    losses: list[float]
    accuracies: list[float]


def make_data(name: str, folder: Path) -> str:
    """Run an example's script into ``folder``; what it printed."""
    command = [sys.executable, EXAMPLES / name / "make_data.py", folder]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def prepare(name: str, folder: Path, data: str = "data") -> Path:
    """Put an example's prototxts and its data into ``folder``, ready to train there."""
    for prototxt in (EXAMPLES / name).glob("*.prototxt"):
        shutil.copy(prototxt, folder)
    make_data(name, folder / data)
    return folder


def train(solver: Path, folder: Path, **settings: object) -> Log:
    """Train ``solver`` from ``folder`` with ``settings`` in place of its own; it writes no snapshots.

    Several may run at once if their ``random_seed`` differs.
    """
    text = solver.read_text()
    for key, value in {"snapshot": 0, "snapshot_after_train": "false", **settings}.items():
        text = re.sub(rf"^{key}:.*\n", "", text, flags=re.MULTILINE) + f"{key}: {value}\n"
    plain = folder / f"plain-{settings.get('random_seed')}.prototxt"
    plain.write_text(text)
    command = find().train_command(Job(plain, folder, folder / "unused.log"))
    done = subprocess.run(command, cwd=folder, env=os.environ | QUIET, capture_output=True, text=True, check=False)
    # The log decides, not the exit code: Caffe may abort while it exits from a training that went NaN.
    losses = re.findall(r"\] Iteration \d+.*, loss = (\S+)", done.stderr)
    assert losses, done.stderr[-2000:]
    accuracies = re.findall(r"Test net output #\d+: accuracy = (\S+)", done.stderr)
    return Log([float(loss) for loss in losses], [float(accuracy) for accuracy in accuracies])
