"""Arrays that grow by rows and columns, and hand out read-only views."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from autofix.debuginfo.trace import BoolArray, FloatArray


class Table:
    """A float64 table ``[rows, columns]``; cells never set are NaN and not logged.

    Views handed out earlier stay valid when the table grows.
    """

    def __init__(self, columns: int = 0) -> None:
        self.rows = 0
        self._values = np.full((16, columns), np.nan)
        self._logged = np.zeros((16, columns), dtype=bool)

    @property
    def columns(self) -> int:
        return self._values.shape[1]

    def append_row(self) -> None:
        """Add an empty row."""
        if self.rows == len(self._values):
            self._resize(2 * self.rows, self.columns)
        self.rows += 1

    def add_columns(self, count: int) -> None:
        """Add ``count`` empty columns at the right."""
        self._resize(len(self._values), self.columns + count)

    def reorder(self, order: Sequence[int]) -> None:
        """Put column ``order[i]`` at place ``i``."""
        self._values = self._values[:, order]
        self._logged = self._logged[:, order]

    def set(self, row: int, column: int, value: float) -> None:
        """Set one cell."""
        self._values[row, column] = value
        self._logged[row, column] = True

    def get(self, row: int, column: int) -> float:
        """Return one cell."""
        return float(self._values[row, column])

    def was_set(self, row: int, column: int) -> bool:
        """Return whether a cell was set."""
        return bool(self._logged[row, column])

    def set_row(self, row: int, values: FloatArray, logged: BoolArray) -> None:
        """Set the first ``len(values)`` cells of a row."""
        self._values[row, : len(values)] = values
        self._logged[row, : len(values)] = logged

    def values(self) -> FloatArray:
        """Return the values ``[rows, columns]``."""
        return _frozen(self._values[: self.rows])

    def logged(self) -> BoolArray:
        """Return which cells were set ``[rows, columns]``."""
        view = self._logged[: self.rows]
        view.flags.writeable = False
        return view

    def _resize(self, rows: int, columns: int) -> None:
        values = np.full((rows, columns), np.nan)
        logged = np.zeros((rows, columns), dtype=bool)
        old_rows, old_columns = self._values.shape
        values[:old_rows, :old_columns] = self._values
        logged[:old_rows, :old_columns] = self._logged
        self._values, self._logged = values, logged


def _frozen(view: FloatArray) -> FloatArray:
    view.flags.writeable = False
    return view
