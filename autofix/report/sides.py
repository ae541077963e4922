"""The diff, side by side: facts, no ink."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest

from autofix.model import Patch, Training
from autofix.report.files import patch_diff

_HUNK = re.compile(r"@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a file with its number, from 1."""

    number: int
    text: str


@dataclass(frozen=True, slots=True)
class Pair:
    """A line before and after; None where it was added or taken away."""

    before: Line | None
    after: Line | None

    @property
    def changed(self) -> bool:
        """Whether the two differ."""
        return self.before is None or self.after is None or self.before.text != self.after.text


@dataclass(frozen=True, slots=True)
class FileSides:
    """One file's hunks, each with the lines around its changes."""

    file: str
    hunks: tuple[tuple[Pair, ...], ...]


def sides(training: Training, patch: Patch) -> tuple[FileSides, ...]:
    """Return the changed files of ``patch``, side by side."""
    return tuple(read_sides(patch_diff(training, patch)))


def read_sides(diff: str) -> Iterator[FileSides]:
    """Yield the files of a unified diff; lines end at a line feed only, as they do there."""
    for part in re.split(r"^--- (?=a/)", diff, flags=re.MULTILINE)[1:]:
        head, *hunks = re.split(r"^(?=@@ )", part, flags=re.MULTILINE)
        name = head.split("\n")[0].removeprefix("a/").rstrip("\t")
        yield FileSides(name, tuple(tuple(_pairs(hunk)) for hunk in hunks))


def _pairs(hunk: str) -> Iterator[Pair]:
    head, *lines = hunk.removesuffix("\n").split("\n")
    found = _HUNK.match(head)
    old, new = (int(number) for number in found.groups()) if found else (1, 1)
    gone: list[Line] = []
    come: list[Line] = []
    for line in lines:
        mark, text = line[:1], line[1:].removesuffix("\r")
        if mark == "-":
            gone.append(Line(old, text))
        elif mark == "+":
            come.append(Line(new, text))
        elif mark == " ":
            yield from _beside(gone, come)
            gone, come = [], []
            yield Pair(Line(old, text), Line(new, text))
        old += mark in "- "
        new += mark in "+ "
    yield from _beside(gone, come)


def _beside(gone: list[Line], come: list[Line]) -> Iterator[Pair]:
    """What was taken away beside what came in its place."""
    for before, after in zip_longest(gone, come):
        yield Pair(before, after)
