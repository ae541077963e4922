"""The lines of an iteration or a test as a form that others, which differ only in their numbers, fill in.

Comparing and reading all of a chunk that have a form at once is what makes long logs fast; see ``units`` and ``bulk``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from autofix.debuginfo.decimals import PAD, Places, parse_decimals
from autofix.debuginfo.events import Event
from autofix.debuginfo.forms import MAX_TEXT, Texts, constant_text, is_blob
from autofix.debuginfo.scalars import COUNTED, Scalars
from autofix.debuginfo.trace import BoolArray, FloatArray

_MOST_OVERLAPS = 4  # a line that looks like the first may stand in the middle, too


@dataclass(frozen=True, slots=True)
class Chunk:
    """Whole lines of a log.

    Args:
        data: the bytes, between ``PAD`` others on both sides.
        starts: ``[N]``, where each line begins in ``data``.
        ends: ``[N]``, where it ends, without ``\\n`` or ``\\r\\n``.
        rest: where the first bytes are that belong to no whole line.
    """

    data: bytes
    starts: Places
    ends: Places
    rest: int

    PAD = max(PAD, MAX_TEXT)

    def __len__(self) -> int:
        return len(self.starts)

    def line(self, place: int) -> bytes:
        return self.data[self.starts[place] : self.ends[place]]


class Found:
    """What a chunk has of one form.

    Args:
        places: ``[count]``, their first lines.
        length: lines of each.
        values: ``[count, blobs]``, the numbers of the blobs' lines.
        scalars: kind and numbers ``[count, n]`` of each other line.

    Attributes:
        numbers: ``[count]``, the iterations.
    """

    def __init__(self, places: Places, length: int, values: FloatArray, scalars: list[tuple[type, FloatArray]]) -> None:
        self.places, self.length = places, length
        self.values, self.scalars = values, scalars
        self.numbers = next((array[:, 0] for kind, array in scalars if kind in COUNTED), np.empty(0))

    @cached_property
    def firsts(self) -> list[list[float]]:
        """``[count][lines]``, the first number of each other line."""
        firsts: list[list[float]] = np.stack([array[:, 0] for _, array in self.scalars], axis=1).tolist()
        return firsts


class Stencil:
    """A form.

    Args:
        period: lines, and what they tell.

    Attributes:
        length: how many lines.
        texts: what stands in all of them.

    Raises:
        ValueError: a line is printed in an unusual way.
    """

    def __init__(self, period: Sequence[tuple[bytes, Event | None]]) -> None:
        self.length = len(period)
        self._events = [event for _, event in period]
        self.texts = [constant_text(line, event) for line, event in period]
        self._texts = Texts(self.texts)
        self._blob_places = [place for place, (_, event) in enumerate(period) if is_blob(event)]
        self._scalars = Scalars(
            [(place, line, event) for place, (line, event) in enumerate(period) if event and not is_blob(event)]
        )

    def find(self, chunk: Chunk, place: int, is_taken: BoolArray) -> Found:
        """Find all of this form from a line on, but for those that begin at lines that are taken, and take theirs."""
        places = self._candidates(chunk, place)
        places = places[~is_taken[places]]
        lines = places[:, None] + np.arange(self.length)
        starts, ends = chunk.starts[lines], chunk.ends[lines]
        fit = self._texts.match(chunk.data, starts, ends)
        if not fit.all():
            places, starts, ends = places[fit], starts[fit], ends[fit]
        first, last, fit = self._scalars.find(chunk.data, starts, ends)
        first = np.vstack([starts[:, self._blob_places].T + self._texts.ends[self._blob_places, None], first])
        last = np.vstack([ends[:, self._blob_places].T, last])
        numbers, are_numbers = parse_decimals(chunk.data, first.ravel(), last.ravel())
        values, others = np.vsplit(numbers.reshape(first.shape), [len(self._blob_places)])
        values, scalars = values.T, self._scalars.by_line(others)
        fit &= are_numbers.reshape(first.shape).all(axis=0) & _agree(scalars)
        if not fit.all():
            places, values, scalars = places[fit], values[fit], [(kind, array[fit]) for kind, array in scalars]
        is_taken[places] = True
        return Found(places, self.length, values, scalars)

    def period(self, chunk: Chunk, end: int) -> list[tuple[bytes, Event | None]]:
        """Return the lines up to one, which have this form, and what such lines tell (but for the numbers)."""
        return [(chunk.line(end - self.length + place), event) for place, event in enumerate(self._events)]

    def _candidates(self, chunk: Chunk, place: int) -> Places:
        """The lines that look like the first of a form which ends within the chunk."""
        starts = chunk.starts[place : max(len(chunk) - self.length + 1, place)]
        places: Places = place + np.flatnonzero(self._texts.is_first(chunk.data, starts))
        places = places[self._texts.is_last(chunk.data, chunk.starts[places + self._texts.last])]
        return places[: max(_MOST_OVERLAPS * len(chunk) // self.length, 1)]


def _agree(scalars: list[tuple[type, FloatArray]]) -> BoolArray:
    """Return where all lines tell the same iteration."""
    numbers = [array[:, 0] for kind, array in scalars if kind in COUNTED]
    agree: BoolArray = np.all([array == numbers[0] for array in numbers], axis=0)
    return agree
