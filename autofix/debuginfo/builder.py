"""Events to a trace, one after the other; a snapshot may be taken at any time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
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
from autofix.debuginfo.outputs import Outputs, label
from autofix.debuginfo.rows import CLIP, ITERATION, LOSS, LR, NORMS, ORDINAL, Rows
from autofix.debuginfo.setup import Setup
from autofix.debuginfo.trace import BlobKey, Partial, Run, Trace

MAX_CELLS = 1 << 22  # blob values: 36 MiB
_MAX_COMPLAINTS = 20
_MAX_TESTS = 10_000
_MAX_RUNS = 1_000
_CLOSES_ROW = (Forward, Backward, TestStart, SolverText, Started, Finished, Fatal)


class TraceBuilder:
    """Collects events; a debug block belongs to the ``Iteration`` line that follows it.

    Args:
        max_cells: see ``Trace.stride``.
    """

    def __init__(self, max_cells: int = MAX_CELLS) -> None:
        self.rows = Rows(max_cells)
        self._block = Block()
        self._test_pass: dict[BlobKey, float] = {}  # the forward pass that is being read in a test
        self.outputs = Outputs(self.rows)
        self._open_iteration: int | None = None  # the last row, while more of it may come
        self._test: tuple[int, int] | None = None
        self._tests: dict[tuple[int, int], dict[str, float]] = {}
        self._ended: list[Run] = []
        self._run = Run(0)
        self._setup = Setup()
        self._complaints: list[str] = []
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
            ordinals=scalars[:, ORDINAL].astype(np.int64),
            loss=scalars[:, LOSS],
            loss_logged=logged[:, LOSS],
            lr=scalars[:, LR],
            lr_logged=logged[:, LR],
            norms=scalars[:, NORMS],
            clip_scale=scalars[:, CLIP],
            outputs={name: outputs[:, column] for name, column in rows.output_columns.items()},
            loss_weights=dict(self.outputs.loss_weights),
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
            fatal=self._run.fatal,
            complaints=tuple(self._complaints),
            finished=self._run.finished,
            stopped_early=self._run.stopped_early,
            runs=self._runs(),
        )

    @property
    def has_ended(self) -> bool:
        """Whether the training that is being read came to its end, or to a bad one."""
        return self._run.finished or self._run.fatal is not None

    @property
    def between_rows(self) -> bool:
        """Whether there are rows and nothing of a further one has come."""
        return bool(len(self.rows)) and not self._block and not self._test_pass

    @property
    def first_of_test_pass(self) -> BlobKey | None:
        """The blob that was printed first in the test's forward pass that is being read."""
        return next(iter(self._test_pass), None)

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
        return Partial(self._next_iteration(), values, logged, self._block.norms)

    def _last_row_is_full(self) -> bool:
        row, scalars = len(self.rows) - 1, self.rows.scalars
        return scalars.was_set(row, LOSS) and scalars.was_set(row, LR)

    def _take_forward(self, event: Forward) -> None:
        ((key, value),) = blob_values(event)
        if event.phase == "train":
            self._set(key, value)
            return
        if key == self.first_of_test_pass:
            self._test_pass.clear()  # the next of the test's batches
        self._test_pass[key] = value

    def _take_backward(self, event: Backward) -> None:
        if self._test_pass and not self._block:
            # A test net without outputs: nothing parts its last forward pass from that of training.
            for key, value in self._test_pass.items():
                self._set(key, value)
        self._test_pass.clear()
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
        self._test_pass.clear()
        if self._block and not self._block.has_backward:  # a log that starts in a test pass
            self._block = Block()
            if not len(self.rows):
                self.rows.forget_keys()
        if self._test is not None:
            results = self._tests[self._test]
            count = 0
            while label(event.name, count) in results:
                count += 1
            results[label(event.name, count)] = event.value

    def _take_test_start(self, event: TestStart) -> None:
        self._test_pass.clear()
        self._test = (event.iteration, event.net)
        if len(self._tests) >= _MAX_TESTS:
            self._tests = dict(list(self._tests.items())[::2])
        self._tests[self._test] = {}

    def _take_clipped(self, event: Clipped) -> None:
        if len(self.rows):
            self.rows.scalars.set(len(self.rows) - 1, CLIP, event.scale)

    def _take_solver_text(self, event: SolverText) -> None:
        self._begin_run()
        self._setup = Setup(event.text)

    def _take_started(self, _event: Started) -> None:
        self._begin_run()

    def _take_resumed(self, event: Resumed) -> None:
        self._run = replace(self._run, resumed_from=event.path)

    def _take_finished(self, event: Finished) -> None:
        self._run = replace(self._run, finished=True, stopped_early=self._run.stopped_early or event.early)

    def _take_fatal(self, event: Fatal) -> None:
        self._run = replace(self._run, fatal=self._run.fatal or event)

    def _take_complaint(self, event: Complaint) -> None:
        if len(self._complaints) < _MAX_COMPLAINTS:
            self._complaints.append(event.message)

    def _row_of(self, iteration: int) -> int:
        """Return the row of ``iteration``, a new one unless it is the last and still open for it."""
        self._test_pass.clear()
        if len(self.rows) > self.rows.starts[-1]:
            last = self.rows.last_iteration
            if last == iteration and not self._block:
                return len(self.rows) - 1
            if iteration < last:
                self._new_run()
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
            self._append(self._next_iteration())
            self._open_iteration = None
        if len(self.rows) > self.rows.starts[-1] or self._run.fatal or self._run.finished:
            self._new_run()

    def _new_run(self) -> None:
        if len(self.rows.starts) < _MAX_RUNS:
            self._ended.append(self._current_run())
            self.rows.starts.append(len(self.rows))
        self._run = Run(0)

    def _current_run(self) -> Run:
        """The run that is being read, with what its setup told."""
        setup, before = self._setup, self._ended[-1] if self._ended else self._run
        return replace(
            self._run,
            solver_text=before.solver_text if setup.solver_text == before.solver_text else setup.solver_text,
            net_text=before.net_text if setup.net_text == before.net_text else setup.net_text,
            finetuned_from=tuple(setup.finetuned_from),
        )

    def _runs(self) -> tuple[Run, ...]:
        runs = zip((*self._ended, self._current_run()), self.rows.starts, strict=True)
        return tuple(replace(run, row=row) for run, row in runs)

    def _next_iteration(self) -> int:
        """Guess the number of the iteration whose line never came."""
        mine = self.rows.scalars.values()[self.rows.starts[-1] :, ITERATION]
        if not len(mine):
            return 0
        step = mine[-1] - mine[-2] if len(mine) > 1 else 1
        return int(mine[-1] + step)
