"""Events to a trace, one after the other; a snapshot may be taken at any time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autofix.debuginfo.block import Block, blob_values, is_bad, merge_norms, merged_order
from autofix.debuginfo.buffers import Table
from autofix.debuginfo.events import (
    Backward,
    Clipped,
    Complaint,
    Event,
    Fatal,
    Finetuned,
    Finished,
    Forward,
    IterationLoss,
    LearningRate,
    NetNorms,
    NetText,
    Output,
    Resumed,
    Sharing,
    SolverText,
    Started,
    TestStart,
    TopShape,
    Update,
    Wired,
)
from autofix.debuginfo.trace import BlobKey, Partial, Run, Trace

_ITERATION, _LOSS, _LR, _CLIP, _NORMS = 0, 1, 2, 3, slice(4, 8)  # columns of the scalars
_MAX_COMPLAINTS = 20


class TraceBuilder:
    """Collects events; a debug block belongs to the ``Iteration`` line that follows it."""

    def __init__(self) -> None:
        self._keys: list[BlobKey] = []
        self._columns: dict[BlobKey, int] = {}
        self._blobs = Table()
        self._scalars = Table(8)
        self._output_columns: dict[str, int] = {}
        self._outputs = Table()
        self._row_outputs: dict[int, str] = {}
        self._loss_weights: dict[str, float] = {}
        self._block = Block()
        self._unannounced = False
        self._test: tuple[int, int] | None = None
        self._tests: dict[tuple[int, int], dict[str, float]] = {}
        self._runs = [Run(0)]
        self._setup = _Setup()
        self._fatal: Fatal | None = None
        self._complaints: list[str] = []
        self._finished = self._stopped_early = False
        self._take: dict[type, Callable[[Any], None]] = {
            Forward: self._take_blob,
            Backward: self._take_blob,
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
        rows, pending = self._scalars.rows, self._unannounced
        done = int(self._scalars.get(rows - 1, _ITERATION)) if pending else None
        self._take.get(type(event), self._take_setup)(event)
        if self._scalars.rows > rows:  # a new row: the one before is done
            self._unannounced = True
        elif pending and isinstance(
            event, Forward | Backward | TestStart | Started | SolverText | Finished | Fatal
        ):
            self._unannounced = False
            return done
        if isinstance(event, IterationLoss | LearningRate) and self._unannounced and self._row_is_full():
            self._unannounced = False
            return event.iteration
        return done if self._scalars.rows > rows else None

    def trace(self) -> Trace:
        """Return what is known now. Cheap: arrays are views into the builder's buffers."""
        self._settle_columns()
        scalars, logged = self._scalars.values(), self._scalars.logged()
        outputs = self._outputs.values()
        partial = None
        if self._block:
            partial = Partial(
                self._next_iteration(), *self._block.row(len(self._keys)), np.array(self._block.norms)
            )
        setup = self._setup
        return Trace(
            iterations=scalars[:, _ITERATION].astype(np.int64),
            loss=scalars[:, _LOSS],
            loss_logged=logged[:, _LOSS],
            lr=scalars[:, _LR],
            lr_logged=logged[:, _LR],
            norms=scalars[:, _NORMS],
            clip_scale=scalars[:, _CLIP],
            outputs={name: outputs[:, column] for name, column in self._output_columns.items()},
            loss_weights=dict(self._loss_weights),
            keys=tuple(self._keys),
            values=self._blobs.values(),
            logged=self._blobs.logged(),
            partial=partial,
            shapes=dict(setup.shapes),
            bottoms={layer: tuple(blobs) for layer, blobs in setup.bottoms.items()},
            sharing=tuple(setup.sharing),
            solver_text=setup.solver_text,
            net_text=setup.net_text,
            tests={test: dict(outputs) for test, outputs in self._tests.items()},
            finetuned_from=tuple(setup.finetuned_from),
            fatal=self._fatal,
            complaints=tuple(self._complaints),
            finished=self._finished,
            stopped_early=self._stopped_early,
            runs=tuple(self._runs),
        )

    def _row_is_full(self) -> bool:
        row = self._scalars.rows - 1
        return self._scalars.was_set(row, _LOSS) and self._scalars.was_set(row, _LR)

    def _take_setup(self, event: Event) -> None:
        self._setup.add(event)

    def _take_blob(self, event: Forward | Backward) -> None:
        if isinstance(event, Forward) and event.phase == "test":
            return
        self._block.has_backward |= isinstance(event, Backward)
        ((key, value),) = blob_values(event)
        self._block.set(self._column(key), value)

    def _take_update(self, event: Update) -> None:
        """These lines come after their own ``Iteration`` line, when the block is already closed."""
        for key, value in blob_values(event):
            if self._block or not self._scalars.rows:
                self._block.set(self._column(key), value)
            else:
                column = self._column(key)
                self._blobs.add_columns(len(self._keys) - self._blobs.columns)
                self._blobs.set(self._scalars.rows - 1, column, value)

    def _take_norms(self, event: NetNorms) -> None:
        rows = self._scalars.rows
        if self._block.has_backward or not rows:
            self._block.add_norms(event)
        else:  # another GPU's, late
            old = self._scalars.values()[rows - 1, _NORMS]
            self._set_norms(rows - 1, merge_norms(old, event))

    def _take_loss(self, event: IterationLoss) -> None:
        row = self._row_of(event.iteration)
        if not self._scalars.was_set(row, _LOSS) or is_bad(event.loss):
            self._scalars.set(row, _LOSS, event.loss)

    def _take_lr(self, event: LearningRate) -> None:
        self._scalars.set(self._row_of(event.iteration), _LR, event.lr)

    def _take_output(self, event: Output) -> None:
        if event.phase == "test":
            if not self._block.has_backward:  # a log that starts in a test pass
                self._block = Block()
            if self._test is not None:
                results = self._tests.setdefault(self._test, {})
                results[_label(event.name, list(results))] = event.value
        elif self._scalars.rows:
            self._take_train_output(event)

    def _take_train_output(self, event: Output) -> None:
        label = self._row_outputs.get(event.index)
        if label is None:
            label = _label(event.name, list(self._row_outputs.values()))
            self._row_outputs[event.index] = label
        if label not in self._output_columns:
            self._output_columns[label] = len(self._output_columns)
            self._outputs.add_columns(1)
        if event.loss_weight is not None:
            self._loss_weights[label] = event.loss_weight
        self._outputs.set(self._outputs.rows - 1, self._output_columns[label], event.value)

    def _take_test_start(self, event: TestStart) -> None:
        self._test = (event.iteration, event.net)
        self._tests.pop(self._test, None)

    def _take_clipped(self, event: Clipped) -> None:
        if self._scalars.rows:
            self._scalars.set(self._scalars.rows - 1, _CLIP, event.scale)

    def _take_solver_text(self, event: SolverText) -> None:
        self._begin_run()
        self._setup = _Setup(solver_text=event.text)

    def _take_started(self, _event: Started) -> None:
        self._begin_run()

    def _take_resumed(self, event: Resumed) -> None:
        self._runs[-1] = Run(self._runs[-1].row, event.path)

    def _take_finished(self, event: Finished) -> None:
        self._finished = True
        self._stopped_early |= event.early

    def _take_fatal(self, event: Fatal) -> None:
        self._fatal = self._fatal or event

    def _take_complaint(self, event: Complaint) -> None:
        if len(self._complaints) < _MAX_COMPLAINTS:
            self._complaints.append(event.message)

    def _column(self, key: BlobKey) -> int:
        column = self._columns.get(key)
        if column is None:
            column = self._columns[key] = len(self._keys)
            self._keys.append(key)
        return column

    def _row_of(self, iteration: int) -> int:
        """Return the row of ``iteration``, a new one unless the last is still open for it."""
        rows = self._scalars.rows
        if rows > self._runs[-1].row:
            last = self._scalars.get(rows - 1, _ITERATION)
            if last == iteration and not self._block:
                return rows - 1
            if iteration < last:
                self._runs.append(Run(rows))
                self._finished = self._stopped_early = False
        self._append_row(iteration)
        return rows

    def _append_row(self, iteration: int) -> None:
        self._settle_columns()
        for table in (self._scalars, self._outputs, self._blobs):
            table.append_row()
        row = self._scalars.rows - 1
        self._scalars.set(row, _ITERATION, iteration)
        self._blobs.set_row(row, *self._block.row(len(self._keys)))
        self._set_norms(row, self._block.norms)
        self._block = Block()
        self._row_outputs = {}

    def _set_norms(self, row: int, norms: list[float]) -> None:
        for offset, value in enumerate(norms):
            self._scalars.set(row, _NORMS.start + offset, value)

    def _begin_run(self) -> None:
        """Open a new run if the current one has come to anything."""
        if self._block:  # cut off by a crash: a row of its own, without a loss
            self._append_row(self._next_iteration())
        rows = self._scalars.rows
        if rows > self._runs[-1].row or self._fatal or self._finished:
            self._runs.append(Run(rows))
            self._fatal, self._finished, self._stopped_early = None, False, False

    def _next_iteration(self) -> int:
        """Guess the number of the iteration whose line never came."""
        mine = self._scalars.values()[self._runs[-1].row :, _ITERATION]
        if not len(mine):
            return 0
        step = mine[-1] - mine[-2] if len(mine) > 1 else 1
        return int(mine[-1] + step)

    def _settle_columns(self) -> None:
        """Give new keys their columns, in log order."""
        known = self._blobs.columns
        if len(self._keys) == known:
            return
        self._blobs.add_columns(len(self._keys) - known)
        order = merged_order(len(self._keys), self._block.values)
        if order == list(range(len(order))):
            return
        self._blobs.reorder(order)
        self._keys = [self._keys[column] for column in order]
        self._columns = {key: column for column, key in enumerate(self._keys)}
        place = {old: new for new, old in enumerate(order)}
        self._block.values = {place[column]: value for column, value in self._block.values.items()}


class _Setup:
    """What the lines before the first iteration tell of the solver and its train net."""

    def __init__(self, solver_text: str = "") -> None:
        self.solver_text = solver_text
        self.net_text = ""
        self.shapes: dict[tuple[str, str], tuple[int, ...]] = {}
        self.bottoms: dict[str, list[str]] = {}
        self.sharing: list[Sharing] = []
        self.finetuned_from: list[str] = []

    def add(self, event: Event) -> None:
        if isinstance(event, NetText) and event.phase == "train":
            self.net_text = self.net_text or event.text  # the next are the insides of recurrent layers
        elif isinstance(event, TopShape) and event.phase == "train":
            self.shapes[event.layer, event.blob] = event.shape
        elif isinstance(event, Wired) and event.phase == "train" and not event.is_top:
            self.bottoms.setdefault(event.layer, []).append(event.blob)
        elif isinstance(event, Sharing):
            self.sharing.append(event)
        elif isinstance(event, Finetuned):
            self.finetuned_from.append(event.path)


def _label(name: str, taken: list[str]) -> str:
    """Return ``name``, or ``name[k]`` for the further values of a blob with several."""
    if name not in taken:
        return name
    count = 1
    while f"{name}[{count}]" in taken:
        count += 1
    return f"{name}[{count}]"
