"""The known forms of iterations and tests: what a chunk has of them is read together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from autofix.debuginfo.builder import TraceBuilder
from autofix.debuginfo.decimals import Places
from autofix.debuginfo.stencil import Chunk, Found
from autofix.debuginfo.trace import BoolArray, FloatArray
from autofix.debuginfo.units import Iterations, Period, Tests

_MOST_FORMS = 6  # an iteration may have a line about clipped gradients more, and there are several tests

Form: TypeAlias = Iterations | Tests


class Stencils:
    """The forms of what was read line by line last.

    Attributes:
        last: the form of what was read last.
    """

    def __init__(self, builder: TraceBuilder) -> None:
        self._builder = builder
        self._known: list[Form] = []  # the last one learnt or found comes first
        self._chunk: Chunk | None = None
        self._found: dict[Form, Found] = {}  # in that chunk, longest form first
        self._sequence = _Sequence({})
        self.last: Form | None = None

    @property
    def longest(self) -> int:
        """The lines of the longest form; 0 if there is none."""
        return max((stencil.length for stencil in self._known), default=0)

    def learn(self, period: Period, is_test: bool) -> None:
        """Take the form of the iteration, or of the test, that the builder got last, if it is a usual one."""
        try:
            stencil = (Tests if is_test else Iterations)(period, self._builder)
        except (ValueError, KeyError):
            return
        known = [known for known in self._known if known.is_current and known.texts != stencil.texts]
        self._known = [stencil, *known[: _MOST_FORMS - 1]]

    def read(self, chunk: Chunk, place: int, end: int) -> int:
        """Give the builder the iterations and tests of known forms that follow each other from a line on.

        Args:
            end: the line up to which one may begin: behind, it may be of a longer form that the chunk cuts off.

        Returns:
            The number of lines.
        """
        self._find(chunk, place)
        sequence = self._sequence
        part = sequence.follow(place, end, float(self._builder.rows.last_iteration))
        if part.start == part.stop:
            return 0
        self._append(sequence.part(part, of_tests=False))
        tests = sequence.part(part, of_tests=True)
        for form, order in zip(tests.forms.tolist(), tests.order.tolist(), strict=True):
            if isinstance(stencil := sequence.stencils[form], Tests):
                stencil.tell(self._found[stencil], order)
        used = {sequence.stencils[form] for form in np.unique(sequence.forms[part])}
        self.last = sequence.stencils[sequence.forms[part.stop - 1]]
        self._known.sort(key=lambda stencil: stencil not in used)
        return int(sequence.ends[part.stop - 1]) - place

    def _find(self, chunk: Chunk, place: int) -> None:
        """Find the iterations of each form from a line on, unless that was done."""
        current = sorted((stencil for stencil in self._known if stencil.is_current), key=lambda each: -each.length)
        if chunk is self._chunk and set(current) <= set(self._found):
            if len(current) == len(self._found):
                return
            self._found = {stencil: self._found[stencil] for stencil in current}
        else:
            self._chunk, self._found = chunk, {}
            is_taken = np.zeros(len(chunk), dtype=bool)
            for stencil in current:  # what has a longer form is found only with that
                self._found[stencil] = stencil.find(chunk, place, is_taken)
        self._sequence = _Sequence(self._found)

    def _append(self, iterations: _Part) -> None:
        """Append rows for iterations."""
        rows, done = self._builder.rows, 0
        kinds, last = np.unique(iterations.forms[::-1], return_index=True)
        stencils = [(form, self._sequence.stencils[form]) for form in kinds[np.argsort(-last)]]  # by their last one
        while done < len(iterations.forms):
            part = slice(done, done + rows.make_room())
            row = len(rows)
            rows.extend(iterations.numbers[part])
            for form, stencil in stencils:
                mine = np.flatnonzero(iterations.forms[part] == form)
                if len(mine) and isinstance(stencil, Iterations):
                    stencil.fill(row + mine, self._found[stencil], iterations.order[part][mine])
            done = part.stop
        for _, stencil in stencils:
            if isinstance(stencil, Iterations):
                stencil.note_outputs()


@dataclass(frozen=True, slots=True)
class _Part:
    """Some iterations, or some tests, of a ``_Sequence``: ``[n]`` each."""

    forms: Places
    order: Places
    numbers: FloatArray


class _Sequence:
    """What a chunk has of all known forms, in the order of its lines: ``[N]``.

    Args:
        found: by their forms.

    Attributes:
        stencils: the forms.
        forms: of which of these each is.
        order: its place in what was found of that.
        ends: the line behind each.
    """

    def __init__(self, found: Mapping[Form, Found]) -> None:
        self.stencils = list(found)
        counts = [len(each.places) for each in found.values()]
        places = np.concatenate([np.empty(0, np.intp), *(each.places for each in found.values())])
        in_order = np.argsort(places)
        self._places = places[in_order]
        self.forms = np.repeat(np.arange(len(found)), counts)[in_order]
        self.order = np.concatenate([np.empty(0, np.intp), *map(np.arange, counts)])[in_order]
        self._numbers = np.concatenate([np.empty(0), *(each.numbers for each in found.values())])[in_order]
        self.ends = self._places + np.repeat([each.length for each in found.values()], counts).astype(np.intp)[in_order]
        self._are_tests = np.repeat([stencil.is_test for stencil in found], counts).astype(bool)[in_order]
        self._iterations = np.flatnonzero(~self._are_tests)
        falls = self._iterations[1:][np.diff(self._numbers[self._iterations]) < 0]
        gaps = np.flatnonzero(self._places[1:] != self.ends[:-1]) + 1
        self._borders = np.union1d(falls, gaps)

    def follow(self, place: int, end: int, last: float) -> slice:
        """Return those that follow each other in line, from one line up to another, and in number.

        Args:
            last: the number of the iteration before.
        """
        first = int(np.searchsorted(self._places, place))
        if first == len(self._places) or self._places[first] != place:
            return slice(0, 0)
        stop = int(np.searchsorted(self._places, end, "right"))
        if (border := int(np.searchsorted(self._borders, first, "right"))) < len(self._borders):
            stop = min(stop, int(self._borders[border]))
        iteration = int(np.searchsorted(self._iterations, first))
        if iteration < len(self._iterations) and self._numbers[self._iterations[iteration]] < last:
            stop = min(stop, int(self._iterations[iteration]))
        return slice(first, max(first, stop))

    def part(self, part: slice, of_tests: bool) -> _Part:
        """Return the tests of a part of it, or the iterations."""
        mine = part.start + np.flatnonzero(self._are_tests[part] == of_tests)
        return _Part(self.forms[mine], self.order[mine], self._numbers[mine])


def leading(flags: BoolArray) -> int:
    """Return how many of the first flags are set."""
    return len(flags) if flags.all() else int(np.argmin(flags))
