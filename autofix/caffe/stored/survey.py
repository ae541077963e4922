"""The numbers of an LMDB or a LevelDB of Datum records, all of them, streamed."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from itertools import islice
from operator import itemgetter
from pathlib import Path

from autofix.caffe.stored.batches import Seen, look
from autofix.caffe.stored.columns import FIRST, MOST_SHAPES, DataSet, Gathering, LabelCount, Trouble
from autofix.caffe.stored.formats import Form
from autofix.caffe.stored.measure import in_order
from autofix.caffe.stored.records import Records, leveldb_records, lmdb_records
from autofix.errors import InputError

BATCH_BYTES, BATCH_RECORDS = 1 << 21, 1 << 13  # records that are worked on at once
AT_ONCE = 256  # records that are read before their sizes are looked at
_VALUE = itemgetter(1)
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
        for part in in_order(partial(look, batch, decode) for batch in _batches(records.every(step))):
            found.take(part)
            advance(part.size * step, records.size)
    if not found.looked_at:
        raise InputError(f"{path}: this {'LMDB' if form is Form.LMDB else 'LevelDB'} is empty")
    return found.data_set(path, form, records.size, count or found.looked_at, decode)


def _batches(records: Iterator[tuple[bytes, bytes]]) -> Iterator[list[tuple[bytes, bytes]]]:
    """Gather records, a few at a time: as many as should fit, going by the size of those before."""
    batch: list[tuple[bytes, bytes]] = []
    size, count = 0, 1
    while more := list(islice(records, count)):
        length = sum(map(len, map(_VALUE, more)))
        batch, size = batch + more, size + length
        if size >= BATCH_BYTES or len(batch) >= BATCH_RECORDS:
            yield batch
            batch, size = [], 0
        count = max(1, min(AT_ONCE, BATCH_BYTES * len(more) // (length or 1)))
    if batch:
        yield batch


class _Survey:
    """Joins the parts, in the order of the records."""

    def __init__(self) -> None:
        self.looked_at = 0
        self._encoded = 0
        self._data, self._labels = Gathering("data"), (Gathering("label"), LabelCount())
        self._troubles: dict[str, list[tuple[str, str]]] = {}
        self._counts: dict[str, int] = {}

    def take(self, part: Seen) -> None:
        self.looked_at += part.records
        self._encoded += part.encoded
        self._take_data(part.data)
        gathering, count = self._labels
        count.add(part.labels)
        gathering.moments.add(part.labels)
        gathering.shapes[()] += len(part.labels)
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
