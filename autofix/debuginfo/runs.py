"""The runs of Caffe in one log: where each begins, what it was set up with, and how it ends."""

from __future__ import annotations

from dataclasses import replace

from autofix.debuginfo.events import Fatal, Finished, Resumed
from autofix.debuginfo.rows import ITERATION, Rows
from autofix.debuginfo.setup import Setup
from autofix.debuginfo.trace import Run

_MAX_RUNS = 1_000


class Runs:
    """Parts the rows into runs.

    Attributes:
        current: the run that is being read; only what events told of it is set, see ``all``.
        setup: what the lines before its first iteration told.
    """

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        self._ended: list[Run] = []
        self.current = Run(0)
        self.setup = Setup()

    @property
    def has_rows(self) -> bool:
        """Whether the current run has come to an iteration."""
        return len(self._rows) > self._rows.starts[-1]

    def begin(self) -> None:
        """Open a new run if the current one has come to anything."""
        if self.has_rows or self.current.fatal or self.current.finished:
            self.open()

    def open(self) -> None:
        """Open a new run."""
        if len(self._rows.starts) < _MAX_RUNS:
            self._ended.append(self._whole())
            self._rows.starts.append(len(self._rows))
        self.current = Run(0)

    def take_resumed(self, event: Resumed) -> None:
        """Note the snapshot that the current run went on from."""
        self.current = replace(self.current, resumed_from=event.path)

    def take_finished(self, event: Finished) -> None:
        """Note that the current run came to its end."""
        self.current = replace(self.current, finished=True, stopped_early=self.current.stopped_early or event.early)

    def take_fatal(self, event: Fatal) -> None:
        """Note what killed the current run; what comes later is only a consequence."""
        self.current = replace(self.current, fatal=self.current.fatal or event)

    def all(self) -> tuple[Run, ...]:
        """Return the runs so far."""
        return tuple(
            replace(run, row=row) for run, row in zip((*self._ended, self._whole()), self._rows.starts, strict=True)
        )

    def next_iteration(self) -> int:
        """Guess the number of the current run's iteration whose line never came."""
        mine = self._rows.scalars.values()[self._rows.starts[-1] :, ITERATION]
        if not len(mine):
            return 0
        step = mine[-1] - mine[-2] if len(mine) > 1 else 1
        return int(mine[-1] + step)

    def _whole(self) -> Run:
        """Return the current run with what its setup told; texts that are the same are kept once."""
        setup, before = self.setup, self._ended[-1] if self._ended else self.current
        return replace(
            self.current,
            solver_text=before.solver_text if setup.solver_text == before.solver_text else setup.solver_text,
            net_text=before.net_text if setup.net_text == before.net_text else setup.net_text,
            finetuned_from=tuple(setup.finetuned_from),
        )
