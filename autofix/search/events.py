"""What a search tells the one who watches, as it happens."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from autofix.health import Verdict
from autofix.search.trial import Proposal, Trial


@dataclass(frozen=True, slots=True)
class Note:
    """A sentence about the search as a whole: which Caffe, which folder, which device."""

    text: str


@dataclass(frozen=True, slots=True)
class TrialStarted:
    """A candidate is about to be tried."""

    number: int
    proposal: Proposal


@dataclass(frozen=True, slots=True)
class RunStarted:
    """Caffe starts.

    Args:
        name: of its folder.
        usual: iterations within which most such trainings are decided; it may take more.
    """

    name: str
    usual: int


@dataclass(frozen=True, slots=True)
class IterationSeen:
    """An iteration of a running training; ``count`` of them so far."""

    name: str
    count: int
    loss: float


@dataclass(frozen=True, slots=True)
class RunEnded:
    """That run is over."""

    name: str
    iterations: int


@dataclass(frozen=True, slots=True)
class RunTakenUp:
    """A training that an earlier run of the study has run to its end is not run again."""

    name: str
    iterations: int
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class TrialEnded:
    """A trial with its verdict."""

    trial: Trial


Event: TypeAlias = Note | TrialStarted | RunStarted | IterationSeen | RunEnded | RunTakenUp | TrialEnded
Listener: TypeAlias = Callable[[Event], None]
