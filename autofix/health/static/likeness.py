"""Which name was meant, where one is misspelt."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from itertools import takewhile

_LOOKALIKES = (frozenset("1il"), frozenset("0o"))  # in small letters


def did_you_mean(word: str, known: Iterable[str], cutoff: float = 0.8) -> str:
    """The nearest of ``known``, or one that ``word`` is a slip of; empty if none is near. See `like`."""
    known = tuple(known)
    return like(word, known, cutoff) or next((other for other in known if is_slip(word, other)), "")


def like(word: str, known: Iterable[str], cutoff: float) -> str:
    """The nearest of ``known``, capitals and underscores aside; empty if none is near.

    Args:
        cutoff: the least likeness, as difflib counts it: twice the letters in common over those of both.
    """
    plain = {other.lower().replace("_", ""): other for other in known}
    near = get_close_matches(word.lower().replace("_", ""), plain, n=1, cutoff=cutoff)
    return plain[near[0]] if near else ""


def is_slip(word: str, other: str) -> bool:
    """Whether the two differ by one letter, which is missing, too many or wrong, or by two that changed places.

    Digits count things, and so do letters between underscores (``pad_h``, ``pad_w``): those are other names. A digit
    that looks like a letter is a slip all the same, as in ``ipl`` for ``ip1``.
    """
    word, other = word.lower(), other.lower()
    if word == other or max(len(word), len(other)) < 3:
        return False
    start = _alike(word, other)
    rest = min(len(word), len(other)) - start
    end = _alike(word[::-1][:rest], other[::-1][:rest])
    here, there = word[start : len(word) - end], other[start : len(other) - end]
    if {here, there} <= _LOOKALIKES[0] or {here, there} <= _LOOKALIKES[1]:
        return True
    if any(letter.isdigit() for letter in here + there):
        return False
    whole_part = word[start - 1 : start] in ("", "_") and word[len(word) - end :][:1] in ("", "_")
    if max(len(here), len(there)) == 1:
        return not whole_part
    return is_swap(word, other)


def is_swap(word: str, other: str) -> bool:
    """Whether the two differ by two letters that changed places."""
    word, other = word.lower(), other.lower()
    start = _alike(word, other)
    pair = word[start : start + 2]
    return word != other and len(pair) == 2 and word[:start] + pair[::-1] + word[start + 2 :] == other


def _alike(word: str, other: str) -> int:
    """With how many letters both begin."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(word, other, strict=False)))


def counts_apart(word: str, other: str) -> bool:
    """Whether the two differ in their numbers alone, as ``conv2`` and ``conv3`` do."""
    return word != other and _letters(word) == _letters(other)


def _letters(word: str) -> str:
    return "".join(letter for letter in word if not letter.isdigit())
