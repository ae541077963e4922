"""The numbers of an LMDB or a LevelDB of Datum records, all of them, streamed."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from autofix.caffe.stored.columns import FIRST, MOST_SHAPES, DataSet, Gathering, LabelCount, Trouble
from autofix.caffe.stored.datums import RecordError, UndecodableError, read_record
from autofix.caffe.stored.formats import Form
from autofix.caffe.stored.measure import in_order
from autofix.caffe.stored.moments import Moments
from autofix.caffe.stored.records import Records, leveldb_records, lmdb_records
from autofix.caffe.tops import Array
from autofix.errors import InputError

BATCH_BYTES, BATCH_RECORDS = 1 << 20, 1024  # records that are worked on at once
Shape: TypeAlias = tuple[int, int, int]
Dtype: TypeAlias = "np.dtype[Any]"
_OPENERS: dict[Form, Callable[[Path], AbstractContextManager[Records]]] = {
    Form.LMDB: lmdb_records,
    Form.LEVELDB: leveldb_records,
}


def survey(path: Path, form: Form, advance: Callable[[int, int], None], most: int | None = None) -> DataSet:
    """Read every record of a data base.

    Args:
        form: LMDB or LevelDB.
        advance: is told how many bytes were read of how many.
        most: records to look at, spread evenly; None for all. A LevelDB is read through all the same.

    Raises:
        InputError: it is damaged or empty, or plyvel, which LevelDB takes, is missing.
    """
    decode = importlib.util.find_spec("PIL") is not None
    with _OPENERS[form](path) as records:
        count = records.count
        if count is None and most is not None:
            count = sum(1 for _ in records.every(1))
        step = -(-count // most) if most and count else 1
        found = _Survey()
        for part in in_order(partial(_look, batch, decode) for batch in _batches(records.every(step))):
            found.take(part)
            advance(part.size * step, records.size)
    if not found.looked_at:
        raise InputError(f"{path}: this {'LMDB' if form is Form.LMDB else 'LevelDB'} is empty")
    return found.data_set(path, form, records.size, count or found.looked_at, decode)


def _batches(records: Iterator[tuple[bytes, bytes]]) -> Iterator[list[tuple[bytes, bytes]]]:
    batch: list[tuple[bytes, bytes]] = []
    size = 0
    for record in records:
        batch.append(record)
        size += len(record[1])
        if size >= BATCH_BYTES or len(batch) == BATCH_RECORDS:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


@dataclass
class _Part:
    """What one batch showed."""

    size: int = 0
    records: int = 0
    encoded: int = 0
    data: Gathering = field(default_factory=lambda: Gathering("data"))
    labels: list[int] = field(default_factory=list)
    troubles: list[tuple[str, str, str]] = field(default_factory=list)  # kind, key, what is wrong


def _look(batch: list[tuple[bytes, bytes]], decode: bool) -> _Part:
    part, rows = _Part(records=len(batch)), dict[tuple[Shape, Dtype], list[tuple[bytes, Array]]]()
    for key, raw in batch:
        part.size += len(raw)
        try:
            shape, values, label, encoded = read_record(raw, decode)
        except RecordError as error:
            undecodable = isinstance(error, UndecodableError)
            part.encoded += undecodable
            part.troubles.append(("undecodable" if undecodable else "malformed", _name(key), str(error)))
            continue
        part.encoded += encoded
        part.labels.append(label)
        if values is not None:
            rows.setdefault((shape, values.dtype), []).append((key, values))
    for (shape, dtype), alike in rows.items():
        part.data.shapes[shape] += len(alike)
        part.data.dtypes.add(dtype.name)
        _gather(part.data, alike)
    return part


def _gather(data: Gathering, rows: list[tuple[bytes, Array]]) -> None:
    """Count in records of one shape and type, together: one by one takes ten times as long where they are small."""
    table = np.concatenate([values for _, values in rows]).reshape(len(rows), -1)
    moments = Moments()
    moments.add(table)
    data.moments.merge(moments)
    if moments.stats().bad:
        bad = np.flatnonzero(~np.isfinite(table).all(axis=1))
        data.bad_records += len(bad)
        data.first_bad = data.first_bad or _name(rows[bad[0]][0])
    if table.shape[1] > 1:
        data.constant_records += int((table == table[:, :1]).all(axis=1).sum())


def _name(key: bytes) -> str:
    return key.decode(errors="replace")


class _Survey:
    """Joins the parts, in the order of the records."""

    def __init__(self) -> None:
        self.looked_at = 0
        self._encoded = 0
        self._data, self._labels = Gathering("data"), (Gathering("label"), LabelCount())
        self._troubles: dict[str, list[tuple[str, str]]] = {}
        self._counts: dict[str, int] = {}

    def take(self, part: _Part) -> None:
        self.looked_at += part.records
        self._encoded += part.encoded
        self._take_data(part.data)
        labels = np.array(part.labels, np.int32)
        gathering, count = self._labels
        count.add(labels)
        gathering.moments.add(labels)
        gathering.shapes[()] += len(labels)
        gathering.dtypes.add("int32")
        for kind, key, why in part.troubles:
            first = self._troubles.setdefault(kind, [])
            self._counts[kind] = self._counts.get(kind, 0) + 1
            if len(first) < FIRST:
                first.append((key, why))

    def _take_data(self, part: Gathering) -> None:
        data = self._data
        data.moments.merge(part.moments)
        data.dtypes |= part.dtypes
        data.bad_records += part.bad_records
        data.first_bad = data.first_bad or part.first_bad
        data.constant_records += part.constant_records
        if len(data.shapes) < MOST_SHAPES:
            data.shapes.update(part.shapes)

    def data_set(self, path: Path, form: Form, size: int, records: int, decode: bool) -> DataSet:
        gathering, count = self._labels
        columns = [self._data.column(None)] if self._data.moments.count else []
        columns += [gathering.column(count.labels())] if gathering.moments.count else []
        troubles = [Trouble(kind, self._counts[kind], tuple(first)) for kind, first in self._troubles.items()]
        decoded = decode or not self._encoded
        return DataSet(
            path, form, size, records, self.looked_at, self._encoded, decoded, tuple(columns), tuple(troubles)
        )
