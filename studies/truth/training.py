"""One long training by plain ``caffe train``, and what the trained net answers by plain ``caffe test``."""

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
from autofix.prototxt import Document, Edit
from studies.corpus.draft import Draft, blobs, has_data, put, put_text
from studies.truth.constant import goals, scale_of
from studies.truth.rule import Losses

TEST = re.compile(r"\]     Test net output #\d+: (\S+) = (\S+)")
MEAN_LOSS = re.compile(r"\] Loss: (\S+)")  # the last line but a few of ``caffe test``
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
    solver = prototxt.read(folder / "solver.prototxt")
    for name, value in (("display", 1), ("random_seed", seed)):
        solver = prototxt.apply(solver, [put(solver.root, name, value)])
    (folder / "labelled.prototxt").write_text(solver.text)
    run = Run()
    with _caffe([str(caffe), "train", "--solver=labelled.prototxt"], folder, run, longest) as log:
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
def _caffe(command: Sequence[str], folder: Path, run: Run, longest: float = LONGEST) -> Iterator[IO[str]]:
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


def deployed(caffe: Path, folder: Path, made: Draft, run: Run, records: int = 2000) -> float | None:
    """The trained net's loss on the data it was trained on, in its TEST phase.

    A BatchNorm layer computes otherwise there: by the means that it kept of the batches of the training.

    Args:
        records: so many are looked at, a batch more at most.

    Returns:
        None if the net has no such layer, or there are no trained weights; else a loss, nan if it is not finite.
    """
    snapshots = sorted(folder.glob("*.caffemodel"))
    if not snapshots or all(layer.text("type") != "BatchNorm" for layer in made.layers()):
        return None
    (folder / "deployed.prototxt").write_text(testing_on_training_data(made).text)
    batches = f"--iterations={-(-min(records, made.records) // made.batch)}"
    command = [str(caffe), "test", "--model=deployed.prototxt", f"--weights={snapshots[-1].name}", batches]
    with _caffe(command, folder, run) as log:
        found = [float(match[1]) for line in log if (match := MEAN_LOSS.search(line))]
    if not found:
        raise ValueError(f"{folder}: caffe test told no loss")
    return found[-1]


def testing_on_training_data(made: Draft) -> Document:
    """The net with its TRAIN data in its TEST phase."""
    edits: list[Edit] = []
    for written, layer in zip(made.net.root.all("layer"), made.net.root.messages("layer"), strict=True):
        include = layer.message("include")
        if not has_data(layer) or include is None:
            continue
        if include.text("phase") == "TEST":
            edits.append(prototxt.remove(written, "another is in its place"))
        else:
            edits.append(put_text(include, "phase", "phase: TEST"))
    return prototxt.apply(made.net, edits)


def spread(caffe: Path, folder: Path, made: Draft, run: Run) -> float | None:
    """How much the trained net's answers differ from record to record of a TEST batch.

    Returns:
        The standard deviation over the records, as a mean over the outputs, in units that the loss can feel (1 for
        scores, the targets' own for a regression); nan if an answer is not finite; None if there are no trained
        weights.
    """
    snapshots = sorted(folder.glob("*.caffemodel"))
    if not snapshots:
        return None  # it did not come to its end
    goal = goals(made)[0]
    (folder / "answers.prototxt").write_text(answering(made.net, goal.prediction).text)
    command = [str(caffe), "test", "--model=answers.prototxt", f"--weights={snapshots[-1].name}", "--iterations=1"]
    with _caffe(command, folder, run) as log:
        pattern = re.compile(rf"Batch 0, {re.escape(goal.prediction)} = (\S+)")
        values = np.array([float(match[1]) for line in log if (match := pattern.search(line))])
    outputs = _outputs(made, goal.prediction)
    if not len(values) or len(values) % outputs:
        raise ValueError(f"{folder}: {len(values)} numbers in answers of {outputs}")
    return float(values.reshape(-1, outputs).std(axis=0).mean() / scale_of(goal))


def answering(net: Document, prediction: str) -> Document:
    """The net without the layers that judge its prediction, so that ``caffe test`` prints it."""
    edits, gone = [], {prediction}  # blobs that may not be read any more
    for written, layer in zip(net.root.all("layer"), net.root.messages("layer"), strict=True):
        if gone & set(blobs(layer, "bottom")) and prediction not in blobs(layer, "top"):
            gone.update(blobs(layer, "top"))
            edits.append(prototxt.remove(written, "to see the answers"))
    return prototxt.apply(net, edits)


def _outputs(made: Draft, prediction: str) -> int:
    """Numbers in one answer: num_output of the layer that gives it."""
    layer = next(layer for layer in made.layers() if prediction in blobs(layer, "top"))
    block = layer.message("inner_product_param")
    if block is None:
        raise ValueError(f"{prediction}: not from an InnerProduct layer")
    return block.integer("num_output", 1)
