"""What some records of a data base hold, worked on together: one by one, small ones take ten times as long."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np

from autofix.caffe.stored.columns import Gathering
from autofix.caffe.stored.datums import RecordError, Shape, UndecodableError, read_record
from autofix.caffe.stored.layouts import Table, tables
from autofix.caffe.stored.moments import Moments
from autofix.caffe.tops import Array

PROBED = 16  # values of a record that are compared before all of them are
Kind: TypeAlias = "tuple[Shape, np.dtype[Any]]"


@dataclass
class Seen:
    """What one batch showed.

    Attributes:
        size: bytes.
        encoded: how many records hold image files.
        labels: of the records that Caffe can use, in their order.
        troubles: of the others: kind, key, what is wrong.
    """

    size: int
    records: int
    encoded: int = 0
    data: Gathering = field(default_factory=lambda: Gathering("data"))
    labels: Array = field(default_factory=lambda: np.empty(0, np.int32))
    troubles: list[tuple[str, str, str]] = field(default_factory=list)


def look(batch: Sequence[tuple[bytes, bytes]], decode: bool) -> Seen:
    """Return what the records of ``batch``, keys and values, hold.

    Args:
        decode: whether to decode images.
    """
    records = [raw for _, raw in batch]
    seen = Seen(sum(map(len, records)), len(records))
    found = list(tables(records))
    left = np.ones(len(records), bool)
    for table in found:
        left[table.where] = False
    found += _parsed(np.flatnonzero(left).tolist(), batch, decode, seen)
    found.sort(key=lambda table: int(table.where[0]))
    bad = _take(found, seen)
    seen.data.bad_records = len(bad)
    seen.data.first_bad = _name(batch[min(bad)][0]) if bad else ""
    return seen


def _parsed(which: Sequence[int], batch: Sequence[tuple[bytes, bytes]], decode: bool, seen: Seen) -> Iterator[Table]:
    """Read records one by one; one whose image is not decoded has no values."""
    for index in which:
        key, raw = batch[index]
        try:
            shape, values, label, encoded = read_record(raw, decode)
        except RecordError as error:
            undecodable = isinstance(error, UndecodableError)
            seen.encoded += undecodable
            seen.troubles.append(("undecodable" if undecodable else "malformed", _name(key), str(error)))
            continue
        seen.encoded += encoded
        row = np.empty(0, np.uint8) if values is None else values
        yield Table(np.array([index]), shape, row[None], np.array([label], np.int32))


def _take(found: Sequence[Table], seen: Seen) -> list[int]:
    """Count in tables that are in the order of their first records; return the records with a NaN or an infinity."""
    if not found:
        return []
    where = np.concatenate([table.where for table in found])
    seen.labels = np.concatenate([table.labels for table in found])[np.argsort(where)]
    alike: dict[Kind, list[Table]] = {}
    for table in found:
        if table.values.size:
            alike.setdefault((table.shape, table.values.dtype), []).append(table)
    return [int(index) for some in alike.values() for index in _gather(seen.data, some)]


def _gather(data: Gathering, alike: Sequence[Table]) -> Array:
    """Count in records of one shape and type; return those that hold a NaN or an infinity."""
    values = alike[0].values if len(alike) == 1 else np.concatenate([table.values for table in alike])
    data.shapes[alike[0].shape] += len(values)
    data.dtypes.add(values.dtype.name)
    data.constant_records += _constant(values)
    moments = Moments()
    moments.add(values)
    data.moments.merge(moments)
    if not moments.stats().bad:
        return np.empty(0, np.intp)
    return np.concatenate([table.where for table in alike])[~np.isfinite(values).all(axis=1)]


def _constant(values: Array) -> int:
    """How many rows hold one value only."""
    if values.shape[1] < 2:
        return 0
    alike = (values[:, :: -(-values.shape[1] // PROBED)] == values[:, :1]).all(axis=1)
    rows = values[alike]
    return int((rows == rows[:, :1]).all(axis=1).sum())


def _name(key: bytes) -> str:
    return key.decode(errors="replace")
