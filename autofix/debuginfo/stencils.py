"""The known forms of iterations and tests: what a chunk has of them is read together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from autofix.debuginfo.builder import TraceBuilder
from autofix.debuginfo.stencil import Chunk, Found
from autofix.debuginfo.trace import BoolArray
from autofix.debuginfo.units import Iterations, Period, Tests

_MOST_FORMS = 6  # an iteration may have a line about clipped gradients more, and there are several tests


class Stencils:
    """The forms of what was read line by line last.

    Attributes:
        last: the form of what was read last.
    """

    def __init__(self, builder: TraceBuilder) -> None:
        self._builder = builder
        self._known: list[Iterations | Tests] = []  # the last one learnt or found comes first
        self._chunk: Chunk | None = None
        self._found: dict[Iterations | Tests, Found] = {}  # in that chunk, longest form first
        self.last: Iterations | Tests | None = None

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
        if not (runs := self._runs(place, end)):
            return 0
        self._append([(stencil, run) for stencil, run in runs if isinstance(stencil, Iterations)])
        for stencil, run in runs:
            if isinstance(stencil, Tests):
                stencil.tell(self._found[stencil], run)
        self.last = runs[-1][0]
        used = dict(runs)
        self._known.sort(key=lambda stencil: stencil not in used)
        return sum((run.stop - run.start) * stencil.length for stencil, run in runs)

    def _find(self, chunk: Chunk, place: int) -> None:
        """Find the iterations of each form from a line on, unless that was done."""
        current = sorted((stencil for stencil in self._known if stencil.is_current), key=lambda each: -each.length)
        if chunk is self._chunk and set(current) <= set(self._found):
            self._found = {stencil: self._found[stencil] for stencil in current}
            return
        self._chunk, self._found = chunk, {}
        is_taken = np.zeros(len(chunk), dtype=bool)
        for stencil in current:  # what has a longer form is found only with that
            self._found[stencil] = stencil.find(chunk, place, is_taken)

    def _runs(self, place: int, end: int) -> list[tuple[Iterations | Tests, slice]]:
        """Return which of each form follow each other from a line on, as long as the iterations' numbers rise."""
        runs, last = list[tuple[Iterations | Tests, slice]](), float(self._builder.rows.last_iteration)
        while place <= end:
            for stencil, found in self._found.items():
                run = found.run(place)
                if run.stop > run.start and (stencil.is_test or found.numbers[run.start] >= last):
                    run = slice(run.start, min(run.stop, run.start + (end - place) // found.length + 1))
                    runs.append((stencil, run))
                    place += (run.stop - run.start) * found.length
                    last = last if stencil.is_test else found.numbers[run.stop - 1]
                    break
            else:
                break
        return runs

    def _append(self, runs: Sequence[tuple[Iterations, slice]]) -> None:
        """Append rows for iterations."""
        if not runs:
            return
        forms = list(dict(runs[::-1]))[::-1]  # by their last iteration
        begins, counts = np.array([(run.start, run.stop - run.start) for _, run in runs]).T
        which = np.repeat([forms.index(stencil) for stencil, _ in runs], counts)
        order = np.arange(len(which)) + np.repeat(begins - np.cumsum(counts) + counts, counts)
        numbers = np.concatenate([self._found[stencil].numbers[run] for stencil, run in runs])
        rows, done = self._builder.rows, 0
        while done < len(which):
            part = slice(done, done + rows.make_room())
            row = len(rows)
            rows.extend(numbers[part])
            for form, stencil in enumerate(forms):
                mine = np.flatnonzero(which[part] == form)
                if len(mine):
                    stencil.fill(row + mine, self._found[stencil], order[part][mine])
            done = part.stop
        for stencil in forms:
            stencil.note_outputs()


def leading(flags: BoolArray) -> int:
    """Return how many of the first flags are set."""
    return len(flags) if flags.all() else int(np.argmin(flags))
