"""Reading a log both ways, and telling whether two traces are the same."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

from autofix.debuginfo import Reader, Trace, TraceBuilder, read_events
from autofix.debuginfo.builder import MAX_CELLS
from autofix.debuginfo.bulk import BulkReader


def read_by_line(log: bytes, max_cells: int = MAX_CELLS) -> tuple[Trace, Reader]:
    builder, reader = TraceBuilder(max_cells), Reader()
    for event in read_events(_lines(log), reader):
        builder.add(event)
    return builder.trace(), reader


def read_in_bulk(log: bytes, block: int = 1 << 20, max_cells: int = MAX_CELLS) -> tuple[Trace, Reader]:
    builder, reader = TraceBuilder(max_cells), Reader()
    bulk = BulkReader(builder, reader)
    for start in range(0, len(log), block):
        bulk.feed(log[start : start + block])
    bulk.close()
    return builder.trace(), reader


def difference(one: Any, other: Any, but_for: Collection[str] = ()) -> str | None:
    """Return the name of the first field in which two traces differ; NaN equals NaN."""
    return next(
        (
            field.name
            for field in fields(Trace)
            if field.name not in but_for and not _same(getattr(one, field.name), getattr(other, field.name))
        ),
        None,
    )


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, np.ndarray):
        return np.array_equal(one, other, equal_nan=one.dtype.kind == "f")
    if isinstance(one, Mapping):
        return list(one) == list(other) and all(_same(one[key], other[key]) for key in one)
    if is_dataclass(one) and type(one) is type(other):
        return all(_same(getattr(one, field.name), getattr(other, field.name)) for field in fields(one))
    return repr(one) == repr(other)


def _lines(log: bytes) -> list[bytes]:
    *lines, last = log.split(b"\n")
    return [line + b"\n" for line in lines] + ([last] if last else [])
