"""What one trial was and what came of it, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from autofix.health import Finding, Verdict
from autofix.model import Candidate

Params = Mapping[str, float]


@dataclass(frozen=True)
class Proposal:
    """A candidate to try.

    Args:
        origin: "as written", "remedy H401", "tpe" or "shrink".
        why: one sentence for the person who watches.
    """

    candidate: Candidate
    origin: str
    why: str


@dataclass(frozen=True)
class Confirmation:
    """Longer runs of one candidate with other seeds; shapes agree: one verdict and one count for each seed."""

    seeds: tuple[int, ...]
    iterations: tuple[int, ...]
    verdicts: tuple[Verdict, ...]
    whys: tuple[str, ...]

    def __str__(self) -> str:
        runs = zip(self.seeds, self.iterations, strict=True)
        return "confirmed " + " and ".join(f"with seed {seed} over {count} iterations" for seed, count in runs)

    @property
    def holds(self) -> bool:
        """Whether every run was stable."""
        return bool(self.verdicts) and all(verdict is Verdict.STABLE for verdict in self.verdicts)


@dataclass(frozen=True)
class Trial:
    """One candidate, its probe and, where that looked stable, its confirmation.

    Args:
        score: lower is better; below 1 for a training that learns (see ``health.score``).
        iterations: of Caffe, the confirmation's included.
        seconds: of Caffe, likewise.
    """

    number: int
    proposal: Proposal
    params: Params
    verdict: Verdict
    why: str
    score: float
    iterations: int
    seconds: float
    findings: tuple[Finding, ...] = ()
    confirmation: Confirmation | None = None

    @property
    def candidate(self) -> Candidate:
        return self.proposal.candidate

    @property
    def proved(self) -> bool:
        """Stable in its probe and in every confirmation run."""
        return self.verdict is Verdict.STABLE and self.confirmation is not None and self.confirmation.holds
