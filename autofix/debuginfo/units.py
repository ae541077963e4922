"""What the lines of a known form tell the builder: iterations, and the tests between them."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from autofix.debuginfo.block import Block, merge_norms
from autofix.debuginfo.builder import TraceBuilder
from autofix.debuginfo.decimals import Places
from autofix.debuginfo.events import (
    Backward,
    Clipped,
    Event,
    Forward,
    IterationLoss,
    LearningRate,
    NetNorms,
    Output,
    TestStart,
)
from autofix.debuginfo.finite import are_bad
from autofix.debuginfo.rows import CLIP, LOSS, LR, NORMS
from autofix.debuginfo.stencil import Found, Stencil
from autofix.debuginfo.testing import distinct_labels
from autofix.debuginfo.trace import FloatArray

_MOST_SCALARS = 200  # lines that are no blob's: each is read by itself, so many are faster read line by line
_SCALARS = {IterationLoss: slice(LOSS, LOSS + 1), LearningRate: slice(LR, LR + 1), Clipped: slice(CLIP, CLIP + 1)}

# What is printed, one letter a line, upper case for tests; lines that tell nothing are left out.
_LETTERS: dict[type, str] = {NetNorms: "n", IterationLoss: "i", LearningRate: "l", Clipped: "c", Backward: "b"}
_ITERATION = re.compile(r"f*b[fbn]*i[oc]*l?[oc]*")
_TEST = re.compile(r"TF*O+")

Period = Sequence[tuple[bytes, Event | None]]


class Iterations(Stencil):
    """The form of one iteration's lines.

    Args:
        period: the lines that made the builder's last row, and what they told.

    Raises:
        ValueError: they are not what an iteration usually prints.
        KeyError: the builder has no column for one of them.
    """

    is_test = False

    def __init__(self, period: Period, builder: TraceBuilder) -> None:
        _check(period, _ITERATION)
        super().__init__(period)
        self._builder = builder
        self._layout = builder.rows.layout
        events = [event for _, event in period]
        self._columns = _BlobColumns([builder.column_of(e) for e in events if isinstance(e, Forward | Backward)])
        self._printed = [event for event in events if isinstance(event, Output)]
        outputs = [builder.outputs.column(event) for event in self._printed]
        self._loss_weights = builder.outputs.weights_of(self._printed)
        if None in outputs or len(set(outputs)) < len(outputs):
            raise ValueError("an output is printed twice")
        self._outputs = [slice(column, column + 1) for column in outputs if column is not None]

    @property
    def is_current(self) -> bool:
        """Whether the builder's columns are still those that the form is about."""
        return self._layout == self._builder.rows.layout

    def fill(self, rows: Places, found: Found, order: Places) -> None:
        """Set rows of the trace to what some of the found iterations tell."""
        table, norms, outputs = self._builder.rows, list[FloatArray](), iter(self._outputs)
        table.blobs.set_block(rows, self._columns.distinct, self._columns.settle(found.values[order]))
        for kind, array in found.scalars:
            if kind is NetNorms:
                norms.append(array[order] if not norms else merge_norms(norms[-1], array[order]))
            elif kind is Output:
                table.outputs.set_block(rows, next(outputs), array[order])
            else:
                table.scalars.set_block(rows, _SCALARS[kind], array[order, -1:])
        table.scalars.set_block(rows, NORMS, norms[-1] if norms else np.full((len(rows), 4), np.nan))

    def note_outputs(self) -> None:
        """Note that the builder's last row has this form."""
        self._builder.outputs.repeat(self._printed)
        self._builder.outputs.set_weights(self._loss_weights)


class Tests(Stencil):
    """The form of one test's lines.

    Args:
        period: the lines of the test that was read last, and what they told.

    Raises:
        ValueError: they are not what a test usually prints.
    """

    is_test, is_current = True, True

    def __init__(self, period: Period, builder: TraceBuilder) -> None:
        _check(period, _TEST)
        super().__init__(period)
        self._tests = builder.tests
        self._net = next(event.net for _, event in period if isinstance(event, TestStart))
        self._labels = distinct_labels(event.name for _, event in period if isinstance(event, Output))

    def tell(self, found: Found, order: int) -> None:
        """Give the builder what one of the found tests tells."""
        iteration, *outputs = found.firsts[order]
        self._tests.add_whole(int(iteration), self._net, dict(zip(self._labels, outputs, strict=True)))


class _BlobColumns:
    """Which column each blob line's value goes to.

    Attributes:
        distinct: the columns; a slice, which is faster, where they follow each other.
    """

    def __init__(self, columns: list[int]) -> None:
        last = {column: place for place, column in enumerate(columns)}
        self._columns, self._distinct = columns, list(last)
        self._last = list(last.values())
        in_a_row = slice(columns[0], columns[0] + len(last))
        self.distinct = in_a_row if self._distinct == list(range(in_a_row.start, in_a_row.stop)) else self._distinct

    def settle(self, values: FloatArray) -> FloatArray:
        """Return one value per column, as ``Block`` keeps it, from one per line."""
        settled: FloatArray = values[:, self._last]
        if len(self._distinct) < len(self._columns):
            for row in np.flatnonzero(are_bad(values).any(axis=1)):
                block = Block()
                for column, value in zip(self._columns, values[row].tolist(), strict=True):
                    block.set(column, value)
                settled[row] = [block.values[column] for column in self._distinct]
        return settled


def _check(period: Period, usual: re.Pattern[str]) -> None:
    """Raise ValueError unless these lines are what is usually printed."""
    letters = "".join(_letter(event) for _, event in period if event is not None)
    is_noise = period[0][1] is None  # and so the first line cannot be found
    if is_noise or not usual.fullmatch(letters) or len(letters) - sum(map(letters.count, "fFb")) > _MOST_SCALARS:
        raise ValueError("not the lines of one iteration, or of one test")


def _letter(event: Event) -> str:
    if isinstance(event, Forward | Output):
        letter = "f" if isinstance(event, Forward) else "o"
        return letter.upper() if event.phase == "test" else letter
    return "T" if isinstance(event, TestStart) else _LETTERS.get(type(event), "?")
