"""One training to run, how it ended, and the one thing a runner can do."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Device:
    """Where Caffe computes: no ids mean the CPU."""

    gpus: tuple[int, ...] = ()

    def __str__(self) -> str:
        return f"gpu:{','.join(map(str, self.gpus))}" if self.gpus else "cpu"


CPU = Device()


@dataclass(frozen=True, slots=True)
class Job:
    """One training for Caffe.

    Args:
        solver: the solver file, absolute.
        folder: where Caffe is started; relative paths in the prototxts resolve here.
        log: where the log is kept, byte for byte.
        weights: a .caffemodel to start from, or None.
        snapshot: a .solverstate to resume from, or None.
        silence: seconds without a log line after which the training counts as stuck.
        deadline: ``time.monotonic()`` at which it is stopped whatever it does, or None.
        threads: threads for the BLAS library, or None to leave that to the environment.
        cancel: set from another thread to stop this training at once.
    """

    solver: Path
    folder: Path
    log: Path
    device: Device = CPU
    weights: Path | None = None
    snapshot: Path | None = None
    silence: float = 600.0
    deadline: float | None = None
    threads: int | None = None
    cancel: threading.Event = field(default_factory=threading.Event, compare=False)


class How(Enum):
    """How a training ended, as its process tells it; the log tells what it was worth."""

    COMPLETE = "complete"
    STOPPED = "stopped"  # the watcher had seen enough
    CANCELLED = "cancelled"
    TIMED_OUT = "timed out"
    CRASHED = "crashed"


@dataclass(frozen=True, slots=True)
class Ended:
    """The end of a training. ``returncode`` is negative for a signal, as in ``subprocess``."""

    how: How
    returncode: int | None
    seconds: float


Watcher = Callable[[bytes], bool]
"""Is handed the log as it comes, in whole lines with their ends, one or many; answers True to stop the training."""


class Runner(Protocol):
    """Runs one training at a time in the calling thread; several threads may share a runner."""

    def run(self, job: Job, watch: Watcher) -> Ended:
        """Run ``job`` to its end or until ``watch`` says stop; always leaves no process behind."""
        ...
