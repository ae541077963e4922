"""One long training by plain ``caffe train``."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from threading import Timer
from typing import IO

import numpy as np

from autofix import prototxt
from autofix.debuginfo import IterationLoss, Reader, Trace, TraceBuilder
from studies.corpus.draft import put_all
from studies.truth.rule import Losses

TEST = re.compile(r"\]     Test net output #\d+: (\S+) = (\S+)")
COMPLAINT = re.compile(r"Check failed.*|malloc\(.*|free\(.*|.*corrupt.*|\*\*\* SIG\w+|Optimization stopped early.*")
LONGEST = 7200.0  # seconds until a training counts as stuck, however busy the machine is
QUIET = {"GLOG_logtostderr": "1", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}


@dataclass
class Run:
    """What a training printed.

    Args:
        losses: one per iteration, as printed; `curve` has them without what float32 has lost of them.
        tests: name to value of the last TEST pass.
        complaint: the line of the log that tells why it ended by itself; empty if there is none.
        finished: whether it reached its max_iter, or a loss that is not finite, at which it is stopped.
        seconds: processor time of the Caffe process.
    """

    losses: list[float] = field(default_factory=list)
    tests: dict[str, float] = field(default_factory=dict)
    complaint: str = ""
    finished: bool = False
    seconds: float = 0.0
    reader: Reader = field(default_factory=Reader)
    builder: TraceBuilder = field(default_factory=TraceBuilder)

    @cached_property
    def trace(self) -> Trace:
        """The whole log; to be asked for at its end."""
        return self.builder.trace()

    @property
    def curve(self) -> Losses:
        """The loss of each iteration, ``[N]``."""
        return self.trace.loss[self.trace.loss_logged]

    @property
    def main(self) -> Losses | None:
        """The heaviest of several losses alone, as it counts, ``[N]`` or ``[N - 1]``; None if there is but one."""
        weights = self.trace.loss_weights
        if len([weight for weight in weights.values() if weight]) < 2:
            return None
        name = max(weights, key=lambda name: weights[name])
        values = weights[name] * self.trace.outputs[name]
        return np.asarray(values[np.isfinite(values)])


def train(caffe: Path, folder: Path, seed: int, longest: float = LONGEST) -> Run:
    """Train the case in ``folder`` with ``seed`` and every loss displayed; nothing else is changed.

    The trained weights are left in the folder as Caffe writes them.

    Raises:
        TimeoutError: it took longer than ``longest`` seconds.
    """
    solver = put_all(prototxt.read(folder / "solver.prototxt"), {"display": 1, "random_seed": seed})
    (folder / "labelled.prototxt").write_text(solver.text)
    run = Run()
    with running([str(caffe), "train", "--solver=labelled.prototxt"], folder, run, longest) as log:
        for line in log:
            _read(line, run)
            if run.losses and not np.isfinite(run.losses[-1]):
                run.finished = True
                break
    return run


def _read(line: str, run: Run) -> None:
    for event in run.reader.feed(line):
        run.builder.add(event)
        if isinstance(event, IterationLoss):  # that after the last iteration comes under its own number
            run.losses[event.iteration :] = [event.loss]
    if match := TEST.search(line):
        run.tests[match[1]] = float(match[2])
    elif "Optimization Done." in line:
        run.finished = True
    elif not run.complaint and (match := COMPLAINT.search(line)):
        run.complaint = match[0].strip()[:120]


@contextmanager
def running(command: Sequence[str], folder: Path, run: Run, longest: float = LONGEST) -> Iterator[IO[str]]:
    """A Caffe process by its log; ended, reaped and its processor time noted when the block is left."""
    process = subprocess.Popen(
        command, cwd=folder, env=os.environ | QUIET, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    timer = Timer(longest, process.kill)
    timer.start()
    assert process.stderr is not None
    try:
        yield process.stderr
    except BaseException:
        process.kill()
        raise
    finally:
        stuck = not timer.is_alive()
        timer.cancel()
        if run.losses and not np.isfinite(run.losses[-1]):
            process.kill()
        process.stderr.close()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        run.seconds += usage.ru_utime + usage.ru_stime
        if stuck:
            raise TimeoutError(f"{command[1]} took longer than {longest:.0f} seconds")
