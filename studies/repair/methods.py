"""The ways to repair a training that are compared; all share probes, verdicts, confirmation and budget."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

from autofix.model import Candidate
from autofix.search import Proposal, Settings
from autofix.search.range_test import SAFE
from autofix.search.search import Search, Strategy

BLIND = {"remedy_share": 0.0, "range_tests": False, "shrinking": False}
LADDER = {"remedy_share": 1.0, "shrinking": False}  # origins of theirs count as remedies and may take every trial


@dataclass(frozen=True)
class Method:
    """One way.

    Args:
        told: for the table.
        strategy: what is tried, None for Autofix's own.
        wishes: fields of `Settings` that differ.
    """

    told: str
    strategy: Strategy | None = None
    wishes: Mapping[str, Any] = field(default_factory=dict)

    def settings(self, settings: Settings) -> Settings:
        """The settings with this method's wishes."""
        return replace(settings, **dict(self.wishes))


def nothing(_search: Search) -> Iterator[Proposal]:
    """Everything is left to the sampler."""
    return iter(())


def tenth(search: Search) -> Iterator[Proposal]:
    """base_lr / 10 until it works."""
    return _ladder(search, search.bench.prober.training.solver.base_lr, 0.1)


def range_test(search: Search) -> Iterator[Proposal]:
    """A tenth of the rate at which a range test had its lowest loss, and ever less."""
    test = search.rates(search.trials[0])
    written = search.bench.prober.training.solver.base_lr
    best = test.lowest / SAFE if test is not None and test.lowest is not None else 0.1 * written
    return _ladder(search, best / 0.3, 0.3)


def _ladder(search: Search, above: float, step: float) -> Iterator[Proposal]:
    tried = {trial.candidate for trial in search.trials}
    for rung in count(1):
        candidate = Candidate(base_lr=float(f"{above * step**rung:.4g}"))
        if candidate not in tried:
            yield Proposal(candidate, "remedy ladder", f"base_lr {candidate.base_lr:g}")


METHODS: Mapping[str, Method] = {
    "autofix": Method("Autofix"),
    "tpe": Method("blind TPE", nothing, BLIND),
    "random": Method("random search", nothing, BLIND | {"sampler": "random"}),
    "tenth": Method("base_lr / 10 until it works", tenth, LADDER | {"range_tests": False}),
    "range": Method("range test alone", range_test, LADDER),
    "arithmetic": Method("Autofix without range tests", None, {"range_tests": False}),
}
