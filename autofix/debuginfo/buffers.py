"""Tables that grow by rows and columns, and hand out read-only views."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from autofix.debuginfo.trace import BoolArray, FloatArray


class Table:
    """A float64 table ``[rows, columns]``; cells never set are NaN and not logged.

    Views handed out earlier stay valid when the table grows, and keep their values when it is thinned.
    """

    def __init__(self, columns: int = 0) -> None:
        self.rows = 0
        self._values = np.full((16, columns), np.nan)
        self._logged = np.zeros((16, columns), dtype=bool)

    @property
    def columns(self) -> int:
        return self._values.shape[1]

    def append(self, count: int = 1) -> None:
        """Add empty rows."""
        if self.rows + count > len(self._values):
            self._resize(max(2 * self.rows, self.rows + count), self.columns)
        self.rows += count

    def add_columns(self, count: int) -> None:
        """Add ``count`` empty columns at the right."""
        if count:
            self._resize(len(self._values), self.columns + count)

    def reorder(self, order: Sequence[int]) -> None:
        """Put column ``order[i]`` at place ``i``."""
        self._values = self._values[:, order]
        self._logged = self._logged[:, order]

    def keep(self, rows: npt.NDArray[np.intp]) -> None:
        """Drop all rows but these."""
        self.rows = len(rows)
        self._values = self._values[rows]
        self._logged = self._logged[rows]

    def set(self, row: int, column: int, value: float) -> None:
        """Set one cell."""
        self._values[row, column] = value
        self._logged[row, column] = True

    def set_block(self, rows: int | npt.NDArray[np.intp], columns: slice | Sequence[int], values: FloatArray) -> None:
        """Set the cells of ``columns`` in some rows, or from one row on; ``values`` is ``[rows, columns]``."""
        cells: tuple[Any, Any] = (rows, columns)
        if isinstance(rows, int):
            cells = (slice(rows, rows + len(values)), columns)
        elif not isinstance(columns, slice):
            cells = (rows[:, None], columns)
        self._values[cells] = values
        self._logged[cells] = True

    def get(self, row: int, column: int) -> float:
        """Return one cell."""
        return float(self._values[row, column])

    def was_set(self, row: int, column: int) -> bool:
        """Return whether a cell was set."""
        return bool(self._logged[row, column])

    def values(self) -> FloatArray:
        """Return the values ``[rows, columns]``."""
        view = self._values[: self.rows]
        view.flags.writeable = False
        return view

    def logged(self) -> BoolArray:
        """Return which cells were set ``[rows, columns]``."""
        view = self._logged[: self.rows]
        view.flags.writeable = False
        return view

    def _resize(self, rows: int, columns: int) -> None:
        values = np.empty((rows, columns))
        logged = np.zeros((rows, columns), dtype=bool)
        values[: self.rows, : self.columns] = self._values[: self.rows]
        values[: self.rows, self.columns :] = values[self.rows :] = np.nan
        logged[: self.rows, : self.columns] = self._logged[: self.rows]
        self._values, self._logged = values, logged
