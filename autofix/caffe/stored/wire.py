"""Protobuf's wire format, walked in place: only the bytes that tell the structure are looked at.

A snapshot of a large net does not fit in memory, and protobuf's own parsers take no message past 2 GB. Walking over the
fields costs a few microseconds for each, whatever their size. Those that are not known (of forks) are walked over.
Source: https://protobuf.dev/programming-guides/encoding/
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import IntEnum
from mmap import mmap
from typing import NamedTuple, TypeAlias

import numpy as np

Bytes: TypeAlias = "bytes | memoryview | mmap"
RUN = 1 << 16  # unpacked floats that are compared at once
UNPACKED = np.dtype([("tag", "u1"), ("value", "<f4")])  # how a float stands there that is not packed


class Wire(IntEnum):
    """How a field's value is written."""

    VARINT = 0
    FIXED64 = 1
    BYTES = 2
    FIXED32 = 5


class TornError(ValueError):
    """The bytes end within a field, or are not of this format at all.

    Args:
        at: where the field starts.
        missing: how many bytes there would have to be more; 0 where that makes no sense.
    """

    def __init__(self, at: int, missing: int = 0) -> None:
        super().__init__(f"at byte {at}, {missing} missing")
        self.at, self.missing = at, missing


class Field(NamedTuple):
    """One field.

    Attributes:
        start, end: of its value; of `BYTES` without the length, of a run of unpacked floats with all tags.
        value: of a `VARINT`; 0 for the others.
        run: how many unpacked floats stand there one after the other; 0 for everything else.
    """

    number: int
    wire: Wire
    start: int
    end: int
    value: int = 0
    run: int = 0


def fields(data: Bytes, start: int = 0, end: int | None = None) -> Iterator[Field]:
    """Yield the fields of the message from ``start`` to ``end``; floats that are not packed come as one run.

    Raises:
        TornError: a field does not end there, or what stands there is no field.
    """
    at, end = start, len(data) if end is None else end
    while at < end:
        tag, here = _varint(data, at, end)
        number, kind = tag >> 3, tag & 7
        if not number or kind not in (0, 1, 2, 5):
            raise TornError(at)
        field = _value(data, Field(number, Wire(kind), here, here), at, end)
        if field.end > end:
            raise TornError(at, field.end - end)
        yield field
        at = field.end


def _value(data: Bytes, field: Field, at: int, end: int) -> Field:
    """``field`` with its value or its end; ``at`` is where its tag stands."""
    if field.wire is Wire.VARINT:
        value, here = _varint(data, field.start, end)
        return field._replace(end=here, value=value)
    if field.wire is Wire.BYTES:
        length, here = _varint(data, field.start, end)
        return field._replace(start=here, end=here + length)
    if field.wire is Wire.FIXED64:
        return field._replace(end=field.start + 8)
    count = _run(data, at, end) if field.start == at + 1 else 0
    return field._replace(start=at, end=at + 5 * count, run=count) if count else field._replace(end=field.start + 4)


def _run(data: Bytes, at: int, end: int) -> int:
    """How many floats with the tag at ``at`` stand there one after the other."""
    tag, count = data[at], 0
    while room := min((end - at) // 5 - count, RUN):
        tags = np.frombuffer(data, UNPACKED, room, at + 5 * count)["tag"]
        other = np.flatnonzero(tags != tag)
        if len(other):
            return count + int(other[0])
        count += room
    return count


def _varint(data: Bytes, at: int, end: int) -> tuple[int, int]:
    """A number of up to ten bytes, and where it ends."""
    value = shift = 0
    for here in range(at, min(at + 10, end)):
        byte = data[here]
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, here + 1
    raise TornError(at, 1 if end < at + 10 else 0)
