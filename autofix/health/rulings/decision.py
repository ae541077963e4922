"""Verdicts, and what a rule is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Protocol

import numpy as np

from autofix.health.view import View


class Verdict(str, Enum):
    """What a probe showed."""

    STABLE = "stable"
    DIVERGED = "diverged"
    EXPLODING = "exploding"
    DEAD = "dead"
    NOT_LEARNING = "not-learning"
    INCONCLUSIVE = "inconclusive"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Decision:
    """A verdict, the iteration it was reached at, and one sentence why."""

    verdict: Verdict
    iteration: int
    why: str


class Rule(Protocol):
    """One reason to decide. It sees the whole trace so far, which has at least one row."""

    def decide(self, view: View) -> Decision | None:
        """The verdict if this rule is certain of one by now."""
        ...


def last(view: View) -> int:
    """The number of the last iteration."""
    return int(view.trace.iterations[-1])


def first_loss(view: View) -> float:
    """The first loss that is finite; the view has one."""
    return float(view.loss[np.argmax(np.isfinite(view.loss))])


def bar(view: View) -> str:
    """What a loss must come below to count as learning, in words."""
    return "the constant answer" if view.learning.known else "half of where it began"


def beside(view: View) -> str:
    """What a loss is to be compared with, in words."""
    seen = view.learning
    if not seen.known:
        return f"beside {first_loss(view):.4g} where it began"
    return f"beside {seen.answer:.4g} for always giving the constant answer ({view.facts.constant_source})"
