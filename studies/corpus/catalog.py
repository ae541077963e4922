"""The list of cases: nets with their data and half, and the table in cases.txt."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache, cached_property
from pathlib import Path
from typing import Literal

HERE = Path(__file__).parent
SOUND = ("healthy", "slow-start", "near-limit")  # kinds of cases that are not broken

Half = Literal["tune", "report"]

# Thresholds are set on one half, figures reported on the other; no net and no data set is in both.
NETS: dict[str, tuple[Half, str]] = {
    "lenet": ("tune", "mnist"),
    "autoencoder": ("tune", "mnist"),
    "alexnet": ("tune", "bars"),
    "tanh": ("tune", "breast_cancer"),
    "deep": ("tune", "spirals"),
    "hinge": ("tune", "iris"),
    "diabetes": ("tune", "diabetes"),
    "rnn": ("tune", "adding"),
    "inception": ("tune", "shapes"),
    "quick": ("report", "patches"),
    "resnet": ("report", "textures"),
    "relu": ("report", "digits"),
    "squeeze": ("report", "digits"),
    "sigmoid": ("report", "wine"),
    "proline": ("report", "proline"),  # the wines again
    "siamese": ("report", "pairs"),  # of digits
    "lstm": ("report", "order"),
}


@dataclass(frozen=True)
class Case:
    """One training of the corpus.

    Args:
        net: a folder of ``nets/``.
        variant: steps that lead to another sound training.
        faults: steps that (are meant to) break it.
        kind: what the case is there for, a word of cases.txt's head.
    """

    net: str
    variant: tuple[str, ...]
    faults: tuple[str, ...]
    kind: str

    @cached_property
    def id(self) -> str:
        """Its name, also that of its folder."""
        return "+".join((self.net, *self.variant, *self.faults))

    @property
    def half(self) -> Half:
        return NETS[self.net][0]

    @property
    def data(self) -> str:
        return NETS[self.net][1]

    @property
    def sound(self) -> bool:
        """Whether it is meant to train well."""
        return self.kind in SOUND

    @property
    def original(self) -> Case:
        """The same training without its faults."""
        return Case(self.net, self.variant, (), "healthy")


@cache
def cases() -> tuple[Case, ...]:
    """All cases, in the order of the table."""
    return tuple(_read((HERE / "cases.txt").read_text()))


def select(pattern: str = "*") -> tuple[Case, ...]:
    """The cases whose id, half or kind matches a pattern with ``*`` and ``?``; several are joined by commas."""
    patterns = pattern.split(",")
    return tuple(
        case
        for case in cases()
        if any(fnmatchcase(text, one) for one in patterns for text in (case.id, case.half, case.kind))
    )


def _read(text: str) -> Iterator[Case]:
    for line in text.splitlines():
        words = line.partition("#")[0].split()
        if words:
            net, kind, variant, faults = words
            yield Case(net, _steps(variant), _steps(faults), kind)


def _steps(text: str) -> tuple[str, ...]:
    return () if text == "-" else tuple(text.split("+"))
