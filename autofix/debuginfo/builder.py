"""Events to a trace, one after the other; a snapshot may be taken at any time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np

from autofix.debuginfo.block import Block, blob_values, is_bad, merge_norms, norms_of
from autofix.debuginfo.events import (
    Backward,
    Clipped,
    Complaint,
    Event,
    Fatal,
    Finished,
    Forward,
    IterationLoss,
    LearningRate,
    NetNorms,
    Output,
    Resumed,
    SolverText,
    Started,
    TestStart,
    Update,
)
from autofix.debuginfo.rows import CLIP, ITERATION, LOSS, LR, NORMS, Rows
from autofix.debuginfo.setup import Setup
from autofix.debuginfo.trace import BlobKey, Partial, Run, Trace

MAX_CELLS = 1 << 22  # blob values: 36 MiB
_MAX_COMPLAINTS = 20
_MAX_TESTS = 10_000
_CLOSES_ROW = (Forward, Backward, TestStart, SolverText, Started, Finished, Fatal)


class TraceBuilder:
    """Collects events; a debug block belongs to the ``Iteration`` line that follows it.

    Args:
        max_cells: see ``Trace.stride``.
    """

    def __init__(self, max_cells: int = MAX_CELLS) -> None:
        self.rows = Rows(max_cells)
        self._block = Block()
        self._test_block = Block()  # the forward pass that is being read in a test
        self._labels: dict[int, str] = {}  # of the open row's outputs
        self._label_counts: Counter[str] = Counter()
        self._loss_weights: dict[str, float] = {}
        self._open_iteration: int | None = None  # the last row, while more of it may come
        self._test: tuple[int, int] | None = None
        self._tests: dict[tuple[int, int], dict[str, float]] = {}
        self._resumed_from: list[str | None] = [None]
        self._setup = Setup()
        self._fatal: Fatal | None = None
        self._complaints: list[str] = []
        self._finished = self._stopped_early = False
        self._takers: dict[type, Callable[[Any], None]] = {
            Forward: self._take_forward,
            Backward: self._take_backward,
            Update: self._take_update,
            NetNorms: self._take_norms,
            IterationLoss: self._take_loss,
            LearningRate: self._take_lr,
            Output: self._take_output,
            TestStart: self._take_test_start,
            Clipped: self._take_clipped,
            SolverText: self._take_solver_text,
            Started: self._take_started,
            Resumed: self._take_resumed,
            Finished: self._take_finished,
            Fatal: self._take_fatal,
            Complaint: self._take_complaint,
        }

    def add(self, event: Event) -> int | None:
        """Take one event.

        Returns:
            The iteration whose row this event completed (loss and lr are known, or the next begins), or None.
        """
        open_before = self._open_iteration
        if isinstance(event, _CLOSES_ROW):
            self._open_iteration = None
        self._takers.get(type(event), self._setup.add)(event)
        if isinstance(event, LearningRate | IterationLoss) and self._last_row_is_full():
            self._open_iteration = None
            return event.iteration if open_before in (None, event.iteration) else open_before
        return open_before if open_before != self._open_iteration else None

    def trace(self) -> Trace:
        """Return what is known now. Cheap: arrays are views into the builder's buffers."""
        rows = self.rows
        rows.settle(self._block)
        scalars, logged = rows.scalars.values(), rows.scalars.logged()
        outputs = rows.outputs.values()
        return Trace(
            iterations=scalars[:, ITERATION].astype(np.int64),
            loss=scalars[:, LOSS],
            loss_logged=logged[:, LOSS],
            lr=scalars[:, LR],
            lr_logged=logged[:, LR],
            norms=scalars[:, NORMS],
            clip_scale=scalars[:, CLIP],
            outputs={name: outputs[:, column] for name, column in rows.output_columns.items()},
            loss_weights=dict(self._loss_weights),
            keys=tuple(rows.keys),
            values=rows.blobs.values(),
            logged=rows.blobs.logged(),
            stride=rows.stride,
            partial=self._partial(),
            shapes=dict(self._setup.shapes),
            bottoms=self._setup.bottoms,
            sharing=tuple(self._setup.sharing),
            solver_text=self._setup.solver_text,
            net_text=self._setup.net_text,
            tests={test: dict(results) for test, results in self._tests.items()},
            finetuned_from=tuple(self._setup.finetuned_from),
            fatal=self._fatal,
            complaints=tuple(self._complaints),
            finished=self._finished,
            stopped_early=self._stopped_early,
            runs=tuple(Run(*run) for run in zip(rows.starts, self._resumed_from, strict=True)),
        )

    @property
    def between_blocks(self) -> bool:
        """Whether the last row's ``Iteration`` line is past and the next debug block has not begun."""
        return bool(len(self.rows)) and not self._block

    def close_row(self) -> None:
        """Note that nothing more comes for the last row."""
        self._open_iteration = None

    def _partial(self) -> Partial | None:
        if not self._block:
            return None
        values, logged = self._block.row(len(self.rows.keys))
        return Partial(self._next_iteration(), values, logged, self._block.norms)

    def _last_row_is_full(self) -> bool:
        row, scalars = len(self.rows) - 1, self.rows.scalars
        return scalars.was_set(row, LOSS) and scalars.was_set(row, LR)

    def _take_forward(self, event: Forward) -> None:
        ((key, value),) = blob_values(event)
        column = self.rows.column(key) if event.phase == "train" else None
        if column is not None:
            self._block.set(column, value)
        elif event.phase == "test":
            self._test_pass.add(key, value)
