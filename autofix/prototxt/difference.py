"""The difference between two documents, as people review it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import Match, SequenceMatcher
from typing import TypeAlias

from autofix.prototxt.nodes import Document

_Run: TypeAlias = tuple[int, int, int]  # first line in old, first line in new, lines
_Way: TypeAlias = "tuple[_Way, _Run] | None"
_SURE = 8  # so many equal lines in a row, and what follows is compared afresh
_PATIENCE = 1000  # differing lines in a row after which the rest is taken as rewritten


def diff(before: Document, after: Document, before_name: str = "", after_name: str = "", context: int = 3) -> str:
    """A unified diff that ``patch`` and ``git apply`` take; empty if the texts are the same.

    The names default to the documents' paths. Lines end at a line feed only, as they do for those tools.
    """
    if before.text == after.text:
        return ""
    old, new = _lines(before.text), _lines(after.text)
    parts = [f"--- {before_name or before.path or 'before'}\n", f"+++ {after_name or after.path or 'after'}\n"]
    for group in _Matcher(old, new).get_grouped_opcodes(context):
        (_, first_old, _, first_new, _), (_, _, last_old, _, last_new) = group[0], group[-1]
        parts.append(f"@@ -{_range(first_old, last_old)} +{_range(first_new, last_new)} @@\n")
        for tag, i1, i2, j1, j2 in group:
            if tag == "equal":
                parts += [" " + line for line in old[i1:i2]]
            else:
                parts += ["-" + line for line in old[i1:i2]] + ["+" + line for line in new[j1:j2]]
    return "".join(part if part.endswith("\n") else part + "\n\\ No newline at end of file\n" for part in parts)


def _lines(text: str) -> list[str]:
    lines = [line + "\n" for line in text.split("\n")]
    lines[-1] = lines[-1][:-1]
    return lines if lines[-1] else lines[:-1]


def _range(start: int, stop: int) -> str:
    """Lines ``start`` to ``stop`` (from 0, exclusive) as a hunk's head tells them."""
    if stop - start == 1:
        return str(start + 1)
    return f"{start + 1 if stop > start else start},{stop - start}"


class _Matcher(SequenceMatcher[str]):
    """difflib's bookkeeping over matches of our own.

    difflib's matches are either far from the shortest (a net's lines repeat too often for its rule of thumb) or take
    minutes on a large net. Edits are local, so the shortest script (Myers 1986, "An O(ND) difference algorithm") is
    looked for only from one sure match to the next.
    """

    def __init__(self, old: Sequence[str], new: Sequence[str]) -> None:
        super().__init__(None, "", "")
        self.a, self.b = old, new

    def get_matching_blocks(self) -> list[Match]:
        blocks = [Match(*block) for block in _matches(self.a, self.b)]
        return [*blocks, Match(len(self.a), len(self.b), 0)]


def _matches(old: Sequence[str], new: Sequence[str]) -> Iterator[_Run]:
    i = j = 0
    while i < len(old) and j < len(new):
        for x, y, size in _until_sure(old, new, i, j):
            if size:
                yield x, y, size
            i, j = x + size, y + size


def _until_sure(old: Sequence[str], new: Sequence[str], i: int, j: int) -> list[_Run]:
    """The equal runs on the shortest way from line ``i`` and ``j`` to a sure run or the end."""
    furthest: dict[int, tuple[int, _Way]] = {1: (0, None)}  # by diagonal: lines of ``old`` used up, and how
    for differing in range(_PATIENCE):
        for k in range(-differing, differing + 1, 2):
            added = k == -differing or (k != differing and furthest[k - 1][0] < furthest[k + 1][0])
            x, way = furthest[k + 1] if added else furthest[k - 1]
            x = start = x if added else x + 1
            while i + x < len(old) and j + x - k < len(new) and old[i + x] == new[j + x - k]:
                x += 1
            if x > start:
                way = (way, (i + start, j + start - k, x - start))
            if x - start >= _SURE:
                return _walked(way)
            if i + x >= len(old) and j + x - k >= len(new):
                return [*_walked(way), (len(old), len(new), 0)]
            furthest[k] = x, way
    return [(len(old), len(new), 0)]


def _walked(way: _Way) -> list[_Run]:
    runs = []
    while way is not None:
        way, run = way
        runs.append(run)
    return runs[::-1]
