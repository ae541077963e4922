"""Records that differ in their values and labels alone are read together, as one array.

A parser takes several microseconds for a record, far longer than the bytes of a small image take to be counted. But the
records of a data set are mostly written alike: the same fields in the same order, and so the same tags and lengths at
the same places. The first of many such records is parsed; the others are compared with it, byte by byte, everywhere
but in their values and their label. What is not alike is left to the parser.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from autofix.caffe.stored.datums import FLOATS, Record, RecordError, Shape, read_record
from autofix.caffe.stored.wire import UNPACKED, Field, TornError, Wire, fields
from autofix.caffe.tops import Array

FEWEST = 16  # records of one length; fewer are parsed in the time it takes to compare them
TRIES = 4  # different layouts among records of one length
_DATA, _LABEL = 4, 5  # numbers of Datum's fields
_LABEL_BYTES = 5  # of a number's bytes, those that its lower 32 bits are written in


class Table(NamedTuple):
    """Records of one shape and type.

    Attributes:
        where: [N], which of the records that were given.
        shape: of each, (channels, height, width).
        values: [N, channels * height * width].
        labels: [N].
    """

    where: Array
    shape: Shape
    values: Array
    labels: Array


def tables(records: Sequence[bytes]) -> Iterator[Table]:
    """Yield the records that can be read together; what they hold is what `read_record` would return."""
    lengths = np.fromiter(map(len, records), np.intp, len(records))
    for length in _frequent(lengths):
        left = np.flatnonzero(lengths == length)
        for _ in range(TRIES):
            if len(left) < FEWEST:
                break
            layout = _layout(records[int(left[0])])
            if layout is None:
                left = left[1:]
                continue
            some = records if len(left) == len(records) else [records[index] for index in left.tolist()]
            rows = np.frombuffer(b"".join(some), np.uint8).reshape(len(left), -1)
            alike = layout.fits(rows)
            yield layout.table(left[alike], rows if alike.all() else rows[alike])
            left = left[~alike]


def _frequent(lengths: Array) -> list[int]:
    found, counts = np.unique(lengths, return_counts=True)
    return [int(length) for length in found[counts >= FEWEST]]


@dataclass(frozen=True, eq=False, slots=True)
class _Layout:
    """Where in a record its values and its label stand.

    Attributes:
        values: from which byte to which.
        dtype: of them.
        label: from which byte to which its lower 32 bits stand; empty where no label is written.
        around: [M], which bytes stand before and after the values; ``bits`` [M, 1] are theirs, and ``fixed`` [M, 1]
            tells those of them that are part of the layout.
    """

    record: Record
    values: slice
    dtype: np.dtype[np.generic]
    label: slice
    around: Array
    bits: Array
    fixed: Array

    def fits(self, rows: Array) -> Array:
        """Which of ``rows`` [N, bytes of a record] are written this way: [N]."""
        columns = rows.T[self.around]
        columns ^= self.bits
        columns &= self.fixed
        other: Array = columns.any(axis=0)
        if self.dtype == UNPACKED:
            tags = rows[:, self.values].view(UNPACKED)["tag"]
            other |= (tags != FLOATS << 3 | Wire.FIXED32).any(axis=1)
        return np.logical_not(other)

    def table(self, where: Array, rows: Array) -> Table:
        """What ``rows`` hold, which are written this way."""
        values = rows[:, self.values].view(self.dtype)
        if self.dtype == UNPACKED:
            values = values["value"]
        return Table(where, self.record.shape, values, self._labels(rows))

    def _labels(self, rows: Array) -> Array:
        digits = rows[:, self.label] & np.uint8(0x7F)
        if not digits.shape[1]:
            return np.full(len(rows), self.record.label, np.int32)
        shifts = 7 * np.arange(digits.shape[1], dtype=np.uint32)
        values: Array = np.bitwise_or.reduce(digits.astype(np.uint32) << shifts, axis=1)
        return values.view(np.int32)


def _layout(raw: bytes) -> _Layout | None:
    """How ``raw`` is written; None where that is not simple, or where it is no use."""
    try:
        record, parts = read_record(raw, decode=False), list(fields(raw))
    except (RecordError, TornError):
        return None
    pixels = [part for part in parts if part.number == _DATA and part.wire is Wire.BYTES]
    values = pixels or [part for part in parts if part.number == FLOATS]
    labels = [part for part in parts if part.number == _LABEL and part.wire is Wire.VARINT]
    if record.encoded or len(values) != 1 or values[0].start == values[0].end or len(labels) > 1:
        return None
    if values[0].number == FLOATS and values[0].wire is Wire.BYTES and (values[0].end - values[0].start) % 4:
        return None  # the parser leaves out what is no whole float
    return _laid_out(raw, record, values[0], labels[0] if labels else None)


def _laid_out(raw: bytes, record: Record, values: Field, label: Field | None) -> _Layout | None:
    row = np.frombuffer(raw, np.uint8)
    fixed = np.full_like(row, 0xFF)
    digits = slice(0)
    if label is not None:
        digits = slice(label.start, min(label.end, label.start + _LABEL_BYTES))
        fixed[digits] = 0x80  # whether another byte follows
    dtype = np.dtype(np.uint8) if values.number == _DATA else UNPACKED if values.run else np.dtype("<f4")
    around = np.concatenate([np.arange(values.start), np.arange(values.end, len(raw))])
    bits, fixed = row[around, None], fixed[around, None]
    found = _Layout(record, slice(values.start, values.end), dtype, digits, around, bits, fixed)
    return found if _agrees(found.table(np.zeros(1, np.intp), row[None]), record) else None


def _agrees(table: Table, record: Record) -> bool:
    """Whether a table of one record holds what the parser found in it."""
    assert record.values is not None  # it holds no image
    return bool(table.labels[0] == record.label) and np.array_equal(table.values[0], record.values, equal_nan=True)
