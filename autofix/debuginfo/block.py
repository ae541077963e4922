"""The debug block that is being printed, before its ``Iteration`` line has come."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from autofix.debuginfo.events import Backward, Forward, NetNorms, Update
from autofix.debuginfo.finite import is_bad
from autofix.debuginfo.trace import BlobKey, BoolArray, FloatArray


def blob_values(event: Forward | Backward | Update) -> tuple[tuple[BlobKey, float], ...]:
    """Return what the event tells of which column."""
    if isinstance(event, Forward):
        return ((BlobKey(event.layer, event.blob, "param" if event.is_param else "top", "data"), event.value),)
    if isinstance(event, Backward):
        return ((BlobKey(event.layer, event.blob, "param" if event.is_param else "bottom", "diff"), event.value),)
    diff = (BlobKey(event.layer, event.blob, "update", "diff"), event.diff)
    if event.data is None:
        return (diff,)
    return ((BlobKey(event.layer, event.blob, "update", "data"), event.data), diff)


class Block:
    """The values of one iteration, by column, in the order they came.

    With ``iter_size`` an iteration prints every blob several times: the last stays, or the first bad one.
    """

    def __init__(self) -> None:
        self.values: dict[int, float] = {}
        self.norms: FloatArray = np.full(4, np.nan)
        self.has_backward = False

    def __bool__(self) -> bool:
        return bool(self.values)

    def set(self, column: int, value: float) -> None:
        if not is_bad(self.values.get(column, 0.0)):
            self.values[column] = value

    def add_norms(self, event: NetNorms) -> None:
        """Take a totals line; each of several GPUs and micro-batches prints one."""
        self.norms = merge_norms(self.norms, norms_of(event))

    def row(self, columns: int) -> tuple[FloatArray, BoolArray]:
        """Return values and which were logged, both ``[columns]``."""
        values, logged = np.full(columns, np.nan), np.zeros(columns, dtype=bool)
        places = list(self.values)
        values[places] = list(self.values.values())
        logged[places] = True
        return values, logged


def norms_of(event: NetNorms) -> FloatArray:
    """Return the columns ``NORM_NAMES``."""
    return np.array((event.l1_data, event.l1_diff, event.l2_data, event.l2_diff))


def merge_norms(old: FloatArray, new: FloatArray) -> FloatArray:
    """Return the newer norms, but an infinite one stays."""
    merged: FloatArray = np.where(np.isinf(old), old, new)
    return merged


def merged_order(count: int, block: Iterable[int]) -> list[int]:
    """Return the log order of ``count`` columns, given that of the columns in the newest block.

    A column that the block lacks keeps its place behind the one it stood behind. (A log that starts in the
    middle of a block shows the first blobs last.)
    """
    in_block = list(block)
    present = set(in_block)
    behind: dict[int, list[int]] = {-1: []}
    anchor = -1
    for column in range(count):
        if column in present:
            anchor = column
        else:
            behind.setdefault(anchor, []).append(column)
    order = behind[-1]
    for column in in_block:
        order += [column, *behind.get(column, ())]
    return order
