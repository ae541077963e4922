"""Several GPUs for several trainings: each gets one of them, and none is started on a full one."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from autofix.caffe import gpus
from autofix.caffe.gpus import GB, LEAST_FREE, Memory
from autofix.caffe.job import Device, Ended, How, Job, Runner, Watcher
from autofix.errors import CaffeError

WAIT = 0.5  # seconds between looks at a card that is full of our own trainings
DATA_AND_DIFFS = 2
_NEEDED = re.compile(rb"Memory required for data: (\d+)")  # bytes of all top blobs, without diffs (net.cpp)
_ALLOCATED = b"Iteration "  # Caffe takes its memory as it goes through the first iteration


@dataclass(eq=False)
class Lent:
    """A GPU in the hands of a training, which may have yet to take its memory."""

    gpu: int
    starting: bool = True


@dataclass
class LendingRunner:
    """Runs each training on one of the GPUs its device names: that with the fewest trainings.

    Caffe itself would spread one training over all of them. Before one is started, as much memory has to be free as
    the trainings before said they need, or another of ours has to end first.

    Attributes:
        memory: tells the memory of a GPU by its number.
        needed: bytes that a training takes at least.
    """

    runner: Runner
    memory: Callable[[int], Memory | None] = gpus.memory
    needed: int = LEAST_FREE
    _lent: list[Lent] = field(default_factory=list)
    _change: threading.Condition = field(default_factory=threading.Condition)

    def run(self, job: Job, watch: Watcher) -> Ended:
        """See `Runner.run`. Raises `CaffeError` where all GPUs are full of what is not ours."""
        if not job.device.gpus:
            return self.runner.run(job, watch)
        started = time.monotonic()
        with self._lend(job) as lent:
            if isinstance(lent, How):
                return Ended(lent, None, time.monotonic() - started)
            return self.runner.run(replace(job, device=Device((lent.gpu,))), self._learning(lent, watch))

    @contextmanager
    def _lend(self, job: Job) -> Iterator[Lent | How]:
        """Wait for a GPU with room; how it ended, if the training was ended meanwhile."""
        with self._change:
            lent = self._found(job)
            while lent is None:
                self._change.wait(WAIT)
                lent = self._found(job)
            if isinstance(lent, Lent):
                self._lent.append(lent)
        try:
            yield lent
        finally:
            with self._change:
                if isinstance(lent, Lent):
                    self._lent.remove(lent)
                self._change.notify_all()

    def _found(self, job: Job) -> Lent | How | None:
        """A GPU for the training, why it needs none any more, or None if one of ours has to end first."""
        if job.cancel.is_set():
            return How.CANCELLED
        if job.deadline is not None and time.monotonic() > job.deadline:
            return How.TIMED_OUT
        lack = ""
        for gpu in sorted(job.device.gpus, key=lambda each: len(self._on(each))):
            memory, others = self.memory(gpu), self._on(gpu)
            needed = self.needed * (1 + sum(other.starting for other in others))
            if memory is None or memory.free >= needed:
                return Lent(gpu)
            lack = lack or f"GPU {gpu} has too little memory: {memory}, and a probe takes {needed / GB:.1f} GB or more"
        if any(self._on(gpu) for gpu in job.device.gpus):
            return None
        raise CaffeError(lack, "end what else runs there (nvidia-smi), make batch_size smaller, or use --device cpu")

    def _on(self, gpu: int) -> list[Lent]:
        return [lent for lent in self._lent if lent.gpu == gpu]

    def _learning(self, lent: Lent, watch: Watcher) -> Watcher:
        """``watch``; beside it, learn what a training takes from what Caffe says before the first iteration."""

        def both(lines: bytes) -> bool:
            if lent.starting:
                told = (LEAST_FREE + DATA_AND_DIFFS * int(number) for number in _NEEDED.findall(lines))
                with self._change:
                    self.needed = max([self.needed, *told])
                    lent.starting = _ALLOCATED not in lines
            return watch(lines)

        return both
