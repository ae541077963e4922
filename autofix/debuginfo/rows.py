"""The rows of a trace while they come in: one for each displayed iteration, thinned out when a log is very long."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from autofix.debuginfo.block import Block, are_bad, merged_order
from autofix.debuginfo.buffers import Table
from autofix.debuginfo.trace import BlobKey

ITERATION, LOSS, LR, CLIP, ORDINAL, NORMS = 0, 1, 2, 3, 4, slice(5, 9)  # the columns of ``Rows.scalars``

MAX_KEYS = 1 << 16  # blobs; further ones are not recorded
MAX_OUTPUTS = 1 << 12
_FEWEST_ROWS = 256
_WHOLE_AT_ENDS = 64  # rows at the beginning, at the end and around the first bad one that are never dropped


class Rows:
    """Tables with one row per displayed iteration, bounded in size.

    Args:
        max_cells: so many blob values are kept; beyond, only every second, fourth, ... row is, except at the
            beginning, at the end, at the start of a run and around the first bad value.
    """

    def __init__(self, max_cells: int) -> None:
        self._max_cells = max_cells
        self.scalars = Table(9)
        self.blobs = Table()
        self.outputs = Table()
        self.keys: list[BlobKey] = []
        self.columns: dict[BlobKey, int] = {}
        self.output_columns: dict[str, int] = {}
        self.layout = 0  # counts the changes of ``columns``
        self.stride = 1
        self.starts = [0]  # the first row of each run

    def __len__(self) -> int:
        return self.scalars.rows

    @property
    def last_iteration(self) -> int:
        return int(self.scalars.get(len(self) - 1, ITERATION))

    @property
    def room(self) -> int:
        """How many rows can be appended before some are dropped."""
        most = max(self._max_cells // max(len(self.keys), 1), _FEWEST_ROWS)
        return max(most - len(self), 1)

    def column(self, key: BlobKey) -> int | None:
        """Return the column of ``key``, a new one if need be; None if there are too many."""
        column = self.columns.get(key)
        if column is None and len(self.keys) < MAX_KEYS:
            column = self.columns[key] = len(self.keys)
            self.keys.append(key)
            self.layout += 1
        return column

    def output_column(self, label: str) -> int | None:
        """Return the column of a train net's output, a new one if need be; None if there are too many."""
        column = self.output_columns.get(label)
        if column is None and len(self.output_columns) < MAX_OUTPUTS:
            column = self.output_columns[label] = len(self.output_columns)
            self.outputs.add_columns(1)
        return column

    def append(self, iteration: int, block: Block) -> int:
        """Add the row of ``iteration`` and return its number."""
        self.settle(block)
        self.extend(np.array([float(iteration)]))
        row = len(self) - 1
        places = list(block.values)
        self.blobs.set_block(row, places, np.array([list(block.values.values())]).reshape(1, -1))
        self.scalars.set_block(row, NORMS, block.norms[None])
        return row

    def extend(self, iterations: npt.NDArray[np.float64]) -> None:
        """Add rows, at most ``room``, with nothing in them but their iterations."""
        if len(self) and self.room <= len(iterations) and self.room == 1:
            self._thin()
        row, count = len(self), len(iterations)
        first = self.scalars.get(row - 1, ORDINAL) + 1 if row else 0
        for table in (self.scalars, self.blobs, self.outputs):
            table.append(count)
        self.scalars.set_block(row, [ITERATION], iterations[:, None])
        self.scalars.set_block(row, [ORDINAL], first + np.arange(count)[:, None])

    def settle(self, block: Block) -> None:
        """Give new keys their columns, in log order."""
        new = len(self.keys) - self.blobs.columns
        if not new:
            return
        self.blobs.add_columns(new)
        order = merged_order(len(self.keys), block.values)
        if order == list(range(len(order))):
            return
        self.blobs.reorder(order)
        self.keys = [self.keys[column] for column in order]
        self.columns = {key: column for column, key in enumerate(self.keys)}
        place = {old: new for new, old in enumerate(order)}
        block.values = {place[column]: value for column, value in block.values.items()}
        self.layout += 1

    def _thin(self) -> None:
        count = len(self)
        ordinals = self.scalars.values()[:, ORDINAL]
        keep = np.zeros(count, dtype=bool)
        keep[:_WHOLE_AT_ENDS] = keep[-_WHOLE_AT_ENDS:] = True
        keep[[start for start in self.starts if start < count]] = True
        bad = (are_bad(self.blobs.values()) & self.blobs.logged()).any(axis=1)
        bad |= are_bad(self.scalars.values()[:, LOSS]) & self.scalars.logged()[:, LOSS]
        if bad.any():
            first = int(np.argmax(bad))
            keep[max(first - _WHOLE_AT_ENDS, 0) : first + _WHOLE_AT_ENDS] = True
        while (keep | (ordinals % self.stride == 0)).sum() > max(count // 2, 1) and self.stride <= ordinals[-1]:
            self.stride *= 2
        rows = np.flatnonzero(keep | (ordinals % self.stride == 0))
        self.starts = [int(np.searchsorted(rows, start)) for start in self.starts]
        for table in (self.scalars, self.blobs, self.outputs):
            table.keep(rows)
