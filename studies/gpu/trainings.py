"""The trainings that are measured: the examples of this repository, and how they are run."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from pathlib import Path

from autofix.caffe import Caffe, Device, Job, ProcessRunner
from autofix.model import Candidate, ProbeSettings, Training, load, patch, probe_documents
from autofix.model.probe import SOLVER
from autofix.prototxt import Plain, write
from studies.corpus.draft import put_all

EXAMPLES = Path(__file__).parents[2] / "examples"
NETS = {  # example, and what makes it train well enough to be timed
    "lenet": ("lenet-raw-input", Candidate(input_scale=1 / 256)),
    "alexnet": ("alexnet-two-class", Candidate(input_scale=1 / 256, base_lr=0.003)),
}
_ITERATION = re.compile(rb"^[IWEF]\d{4,8} (\d\d):(\d\d):(\d\d\.\d+) .*\] Iteration (\d+) .*loss = (\S+)", re.MULTILINE)


@dataclass(frozen=True)
class Ran:
    """A training that was run.

    Args:
        stamps: iteration and the second of the day at which the log says its loss, as displayed.
        losses: the same losses as the log spells them.
        begun: ``time.time()`` of the start.
    """

    stamps: tuple[tuple[int, float], ...]
    losses: tuple[str, ...]
    how: str
    begun: float
    seconds: float

    def rate(self, after: int) -> float | None:
        """Iterations a second from the first one displayed at or past ``after`` to the last."""
        counted = [stamp for stamp in self.stamps if stamp[0] >= after]
        if len(counted) < 2:
            return None
        (first, start), (last, end) = counted[0], counted[-1]
        return (last - first) / max(1e-9, (end - start) % 86400)


def example(net: str) -> tuple[Training, Candidate]:
    """The training of an example, its data made, and the candidate that makes it healthy."""
    folder, candidate = NETS[net]
    return load(EXAMPLES / folder / "solver.prototxt"), candidate


def run(
    caffe: Caffe,
    training: Training,
    candidate: Candidate,
    device: Device,
    folder: Path,
    *,
    seconds: float,
    threads: int,
    **solver: Plain,
) -> Ran:
    """Train as a probe does, with these values in the solver; stop after ``seconds``. The log is ``folder/log``."""
    folder.mkdir(parents=True, exist_ok=True)
    settings = ProbeSettings(seed=1, mode="GPU" if device.gpus else "CPU")
    for path, document in probe_documents(training, patch(training, candidate), settings, folder.absolute()).items():
        write(put_all(document, solver) if path.name == SOLVER else document, path)
    stamps: list[tuple[int, float]] = []
    losses: list[str] = []

    def watch(lines: bytes) -> bool:
        for found in _ITERATION.finditer(lines):
            hours, minutes, rest, iteration, loss = found.groups()
            stamps.append((int(iteration), int(hours) * 3600 + int(minutes) * 60 + float(rest)))
            losses.append(loss.decode())
        return False

    begun = time.time()
    job = Job(
        solver=folder.absolute() / SOLVER,
        folder=training.folder,
        log=folder / "log",
        device=device,
        threads=threads,
        deadline=time.monotonic() + seconds,
    )
    ended = ProcessRunner(caffe).run(job, watch)
    return Ran(tuple(stamps), tuple(losses), ended.how.value, begun, ended.seconds)
