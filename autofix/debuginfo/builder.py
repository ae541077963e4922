"""Events to a trace, one after the other; a snapshot may be taken at any time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autofix.debuginfo.block import Block, blob_values, merge_norms, norms_of
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
from autofix.debuginfo.finite import is_bad
from autofix.debuginfo.loss import exact_losses
from autofix.debuginfo.outputs import Outputs
from autofix.debuginfo.rows import CLIP, ITERATION, LOSS, LR, NORMS, ORDINAL, Rows
from autofix.debuginfo.runs import Runs
from autofix.debuginfo.setup import Setup
from autofix.debuginfo.testing import TestPasses
from autofix.debuginfo.trace import BlobKey, Partial, Trace

MAX_CELLS = 1 << 22  # blob values: 36 MiB
_MAX_COMPLAINTS = 20
_CLOSES_ROW = (Forward, Backward, TestStart, SolverText, Started, Finished, Fatal)


class TraceBuilder:
    """Collects events; a debug block belongs to the ``Iteration`` line that follows it.

    Args:
        max_cells: see ``Trace.stride``.
    """

    def __init__(self, max_cells: int = MAX_CELLS) -> None:
        self.rows = Rows(max_cells)
        self.outputs = Outputs(self.rows)
        self.tests = TestPasses()
        self._runs = Runs(self.rows)
        self._block = Block()
        self._open_iteration: int | None = None  # the last row, while more of it may come
        self._complaints: list[str] = []
        self._takers: dict[type, Callable[[Any], None]] = {
            Forward: self._take_forward,
            Backward: self._take_backward,
            Update: self._take_update,
            NetNorms: self._take_norms,
            IterationLoss: self._take_loss,
            LearningRate: self._take_lr,
            Output: self._take_output,
            TestStart: lambda event: self.tests.start(event.iteration, event.net),
            Clipped: self._take_clipped,
            SolverText: self._take_solver_text,
            Started: lambda _event: self._begin_run(),
            Resumed: self._runs.take_resumed,
            Finished: self._runs.take_finished,
            Fatal: self._runs.take_fatal,
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
        self._takers.get(type(event), self._runs.setup.add)(event)
        if isinstance(event, LearningRate | IterationLoss) and self._last_row_is_full():
            self._open_iteration = None
            return event.iteration if open_before in (None, event.iteration) else open_before
        return open_before if open_before != self._open_iteration else None

    def trace(self) -> Trace:
        """Return what is known now. Blobs are views into the builder's buffers; losses are worked out anew."""
        rows, setup, run = self.rows, self._runs.setup, self._runs.current
        rows.settle(self._block)
        scalars, logged = rows.scalars.values(), rows.scalars.logged()
        outputs, weights = rows.outputs.values(), self.outputs.loss_weights
        loss = exact_losses(rows, weights)
        return Trace(
            iterations=scalars[:, ITERATION].astype(np.int64),
            ordinals=scalars[:, ORDINAL].astype(np.int64),
            loss=loss,
            loss_logged=logged[:, LOSS] & (np.isnan(loss) <= np.isnan(scalars[:, LOSS])),
            lr=scalars[:, LR],
            lr_logged=logged[:, LR],
            norms=scalars[:, NORMS],
            clip_scale=scalars[:, CLIP],
            outputs={name: outputs[:, column] for name, column in rows.output_columns.items()},
            loss_weights={name: weight for name, weight in weights.items() if name in rows.output_columns},
            keys=tuple(rows.keys),
            values=rows.blobs.values(),
            logged=rows.blobs.logged(),
            stride=rows.stride,
            partial=self._partial(),
            shapes=dict(setup.shapes),
            bottoms=setup.bottoms,
            sharing=tuple(setup.sharing),
            solver_text=setup.solver_text,
            net_text=setup.net_text,
            tests=self.tests.results(),
            finetuned_from=tuple(setup.finetuned_from),
            fatal=run.fatal,
            complaints=tuple(self._complaints),
            finished=run.finished,
            stopped_early=run.stopped_early,
            runs=self._runs.all(),
        )

    @property
    def has_ended(self) -> bool:
        """Whether the training that is being read came to its end, or to a bad one."""
        return self._runs.current.finished or self._runs.current.fatal is not None

    @property
    def between_rows(self) -> bool:
        """Whether there are rows and nothing of a further one has come."""
        return bool(len(self.rows)) and not self._block and not self.tests.forward

    def close_row(self) -> None:
        """Note that nothing more comes for the last row."""
        self._open_iteration = None

    def column_of(self, event: Forward | Backward) -> int:
        """Return the column that holds the event's value; KeyError if none does."""
        ((key, _),) = blob_values(event)
        return self.rows.columns[key]

    def _partial(self) -> Partial | None:
        if not self._block:
            return None
        values, logged = self._block.row(len(self.rows.keys))
        return Partial(self._runs.next_iteration(), values, logged, self._block.norms)

    def _last_row_is_full(self) -> bool:
        row, scalars = len(self.rows) - 1, self.rows.scalars
        return scalars.was_set(row, LOSS) and scalars.was_set(row, LR)

    def _take_forward(self, event: Forward) -> None:
        ((key, value),) = blob_values(event)
        if event.phase == "train":
            self._set(key, value)
        else:
            self.tests.add_forward(key, value)

    def _take_backward(self, event: Backward) -> None:
        if not self._block:
            # A test net without outputs: nothing parts its last forward pass from that of training.
            for key, value in self.tests.forward.items():
                self._set(key, value)
        self.tests.forward.clear()
        self._block.has_backward = True
        ((key, value),) = blob_values(event)
        self._set(key, value)

    def _set(self, key: BlobKey, value: float) -> None:
        column = self.rows.column(key)
        if column is not None:
            self._block.set(column, value)

    def _take_update(self, event: Update) -> None:
        """These lines come after their own ``Iteration`` line, when the block is already closed."""
        for key, value in blob_values(event):
            if self._block or not len(self.rows):
                self._set(key, value)
            elif (column := self.rows.column(key)) is not None:
                self.rows.settle(self._block)
                self.rows.blobs.set(len(self.rows) - 1, column, value)

    def _take_norms(self, event: NetNorms) -> None:
        if self._block.has_backward or not len(self.rows):
            self._block.add_norms(event)
        else:  # another GPU's, late
            row, scalars = len(self.rows) - 1, self.rows.scalars
            norms = merge_norms(scalars.values()[row, NORMS], norms_of(event))
            scalars.set_block(row, NORMS, norms[None])

    def _take_loss(self, event: IterationLoss) -> None:
        row = self._row_of(event.iteration)
        if not self.rows.scalars.was_set(row, LOSS) or is_bad(event.loss):
            self.rows.scalars.set(row, LOSS, event.loss)

    def _take_lr(self, event: LearningRate) -> None:
        self.rows.scalars.set(self._row_of(event.iteration), LR, event.lr)

    def _take_output(self, event: Output) -> None:
        if event.phase == "test":
            self._take_test_output(event)
        elif len(self.rows):
            self.outputs.add(event)

    def _take_test_output(self, event: Output) -> None:
        if self._block and not self._block.has_backward:  # a log that starts in a test pass
            self._block = Block()
            if not len(self.rows):
                self.rows.forget_keys()
        self.tests.add_output(event.name, event.value)

    def _take_clipped(self, event: Clipped) -> None:
        if len(self.rows):
            self.rows.scalars.set(len(self.rows) - 1, CLIP, event.scale)

    def _take_solver_text(self, event: SolverText) -> None:
        self._begin_run()
        self._runs.setup = Setup(event.text)

    def _take_complaint(self, event: Complaint) -> None:
        if len(self._complaints) < _MAX_COMPLAINTS:
            self._complaints.append(event.message)

    def _row_of(self, iteration: int) -> int:
        """Return the row of ``iteration``, a new one unless it is the last and still open for it."""
        self.tests.forward.clear()
        if self._runs.has_rows:
            last = self.rows.last_iteration
            if last == iteration and not self._block:
                return len(self.rows) - 1
            if iteration < last:
                self._runs.open()
        return self._append(iteration)

    def _append(self, iteration: int) -> int:
        row = self.rows.append(iteration, self._block)
        self._block = Block()
        self.outputs.begin_row()
        self._open_iteration = iteration
        return row

    def _begin_run(self) -> None:
        """Open a new run if the current one has come to anything."""
        if self._block:  # cut off by a crash: a row of its own, without a loss
            self._append(self._runs.next_iteration())
            self._open_iteration = None
        self._runs.begin()
