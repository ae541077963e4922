"""What a whole data set holds, gathered while it streams by."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from autofix.caffe.stored.formats import Form
from autofix.caffe.stored.moments import Moments, Stats
from autofix.caffe.tops import Array, Labels

MOST_LABELS = 100_000  # different values; with more of them they are no classes
MOST_SHAPES = 10_000  # different shapes that are counted one by one
FIRST = 5  # troubles that are told one by one


@dataclass(frozen=True, slots=True)
class Column:
    """What the records hold under one name.

    Attributes:
        name: as HDF5 names it; of a Datum "data" and "label".
        shapes: of one record, and how many records have it; the most frequent first.
        dtype: of the stored values; of encoded images that of their pixels.
        bad_records: how many hold a NaN or an infinity, and ``first_bad`` is the first of them.
        labels: how often each value occurs, where every record is one whole number.
        constant_records: how many hold one value only, where a record has more than one.
    """

    name: str
    shapes: Mapping[tuple[int, ...], int]
    dtype: str
    stats: Stats
    bad_records: int
    first_bad: str
    labels: Labels | None
    constant_records: int


@dataclass(frozen=True, slots=True)
class Trouble:
    """Records that Caffe cannot use, all for the same reason.

    Attributes:
        kind: "undecodable" (an encoded image) or "malformed".
        first: the first few of them, each with what is wrong.
    """

    kind: str
    count: int
    first: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class DataSet:
    """A data set.

    Attributes:
        size: bytes on disk.
        records: all; None where only some were looked at and the rest could not be counted.
        looked_at: those that were read.
        encoded: how many of these hold image files.
        decoded: whether those were decoded.
    """

    path: Path
    form: Form
    size: int
    records: int | None
    looked_at: int
    encoded: int
    decoded: bool
    columns: tuple[Column, ...]
    troubles: tuple[Trouble, ...]

    def column(self, name: str) -> Column | None:
        """The column of this name."""
        return next((column for column in self.columns if column.name == name), None)


@dataclass
class Gathering:
    """A `Column` in the making."""

    name: str
    moments: Moments = field(default_factory=Moments)
    shapes: Counter[tuple[int, ...]] = field(default_factory=Counter)
    dtypes: set[str] = field(default_factory=set)
    bad_records: int = 0
    first_bad: str = ""
    constant_records: int = 0

    def column(self, labels: Labels | None) -> Column:
        """Return what was gathered."""
        return Column(
            name=self.name,
            shapes=dict(self.shapes.most_common()),
            dtype=", ".join(sorted(self.dtypes)),
            stats=self.moments.stats(),
            bad_records=self.bad_records,
            first_bad=self.first_bad,
            labels=labels,
            constant_records=self.constant_records,
        )


class LabelCount:
    """Counts labels in the order in which they come."""

    def __init__(self) -> None:
        self._counts: Counter[int] = Counter()
        self._runs, self._last = 0, None
        self._hopeless = False

    def add(self, values: Array) -> None:
        """Count in one value for each record."""
        if self._hopeless or not values.size:
            return
        flat = values.reshape(-1)
        if flat.dtype.kind == "f" and not bool((np.isfinite(flat) & (flat == np.rint(flat))).all()):
            self._hopeless = True
            return
        found, counts = np.unique(flat, return_counts=True)
        self._counts.update(dict(zip((int(value) for value in found), counts.tolist(), strict=True)))
        self._runs += int(np.count_nonzero(np.diff(flat))) + int(self._last is None or bool(self._last != flat[0]))
        self._last = flat[-1]
        self._hopeless = len(self._counts) > MOST_LABELS

    def labels(self) -> Labels | None:
        """Return the counts; None where the values are no classes, or there are none."""
        return Labels(dict(sorted(self._counts.items())), self._runs) if self._counts and not self._hopeless else None
