"""The rows of a trace while they come in: one for each displayed iteration, thinned out when a log is very long."""

from __future__ import annotations

import numpy as np

from autofix.debuginfo.block import Block, merged_order
from autofix.debuginfo.buffers import Table
from autofix.debuginfo.finite import are_bad
from autofix.debuginfo.trace import BlobKey, BoolArray, FloatArray

ITERATION, LOSS, LR, CLIP, ORDINAL, NORMS = 0, 1, 2, 3, 4, slice(5, 9)  # the columns of ``Rows.scalars``

_MAX_KEYS = 1 << 15  # blobs; further ones are not recorded
_MAX_OUTPUTS = 1 << 12
_FEWEST_ROWS = 512
_WHOLE = 32  # rows at the beginning, at the end, before and after the first bad one that are never dropped


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
        self._is_settled = True  # no new key since the last row
        self.stride = 1
        self.starts = [0]  # the first row of each run

    def __len__(self) -> int:
        return self.scalars.rows

    @property
    def last_iteration(self) -> int:
        return int(self.scalars.get(len(self) - 1, ITERATION))

    def column(self, key: BlobKey) -> int | None:
        """Return the column of ``key``, a new one if need be; None if there are too many."""
        column = self.columns.get(key)
        if column is None and len(self.keys) < _MAX_KEYS:
            column = self.columns[key] = len(self.keys)
            self.keys.append(key)
            self.layout += 1
            self._is_settled = False
        return column

    def output_column(self, label: str, is_loss: bool) -> int | None:
        """Return the column of a train net's output, a new one if need be; None if there are too many.

        Args:
            is_loss: there is room for losses behind a blob of many values that nothing reads.
        """
        column = self.output_columns.get(label)
        if column is None and len(self.output_columns) < (2 * _MAX_OUTPUTS if is_loss else _MAX_OUTPUTS):
            column = self.output_columns[label] = len(self.output_columns)
            self.outputs.add_columns(1)
        return column

    def forget_keys(self) -> None:
        """Drop all keys; there must be no rows."""
        self.keys, self.columns, self.blobs = [], {}, Table()
        self.layout += 1

    def append(self, iteration: int, block: Block) -> int:
        """Add the row of ``iteration`` and return its number."""
        self.settle(block)
        self._is_settled = True
        self.make_room()
        self.extend(np.array([float(iteration)]))
        row = len(self) - 1
        places = list(block.values)
        self.blobs.set_block(row, places, np.array([list(block.values.values())]).reshape(1, -1))
        self.scalars.set_block(row, NORMS, block.norms[None])
        return row

    def make_room(self) -> int:
        """Drop rows if there are too many; return how many more can be added before that is due again."""
        most = max(self._max_cells // max(len(self.keys), 1), _FEWEST_ROWS)
        if len(self) >= most:
            self._thin()
        return max(most - len(self), 1)

    def extend(self, iterations: FloatArray) -> None:
        """Add rows (no more than there is room for) with nothing in them but their iterations."""
        row, count = len(self), len(iterations)
        first = self.scalars.get(row - 1, ORDINAL) + 1 if row else 0
        for table in (self.scalars, self.blobs, self.outputs):
            table.append(count)
        self.scalars.set_block(row, [ITERATION], iterations[:, None])
        self.scalars.set_block(row, [ORDINAL], first + np.arange(count, dtype=np.float64)[:, None])

    def settle(self, block: Block) -> None:
        """Give new keys their columns, in log order (as far as the block, if it has not ended, tells it)."""
        if self._is_settled:
            return
        self.blobs.add_columns(len(self.keys) - self.blobs.columns)
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
        whole = self._never_dropped()
        ordinals = self.scalars.values()[:, ORDINAL]
        keep = whole | (ordinals % self.stride == 0)
        while keep.sum() > len(self) // 2 and self.stride < ordinals[-1]:
            self.stride *= 2
            keep = whole | (ordinals % self.stride == 0)
        rows = np.flatnonzero(keep)
        self.starts = [int(np.searchsorted(rows, start)) for start in self.starts]
        for table in (self.scalars, self.blobs, self.outputs):
            table.keep(rows)

    def _never_dropped(self) -> BoolArray:
        whole = np.zeros(len(self), dtype=bool)
        whole[:_WHOLE] = whole[-_WHOLE:] = True
        whole[[start for start in self.starts[: 2 * _WHOLE] if start < len(self)]] = True
        bad = (are_bad(self.blobs.values()) & self.blobs.logged()).any(axis=1)
        bad |= are_bad(self.scalars.values()[:, LOSS]) & self.scalars.logged()[:, LOSS]
        if bad.any():
            first = int(np.argmax(bad))
            whole[max(first - _WHOLE, 0) : first + _WHOLE] = True
        return whole
