"""What one trial was and what came of it, as values that go through JSON and back."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from autofix.health import Evidence, Finding, Remedy, Severity, Verdict
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


def to_json(trial: Trial) -> dict[str, Any]:
    """Return ``trial`` as JSON values; numbers that JSON has no word for become strings."""
    record: dict[str, Any] = asdict(trial)
    for finding in record["findings"]:
        for evidence in finding["evidence"]:
            evidence["value"] = _json_number(evidence["value"])
    return record


def from_json(record: dict[str, Any]) -> Trial:
    """Return the trial that `to_json` wrote."""
    proposal = record["proposal"]
    confirmation = record["confirmation"]
    return Trial(
        **{
            **record,
            "proposal": Proposal(Candidate(**proposal["candidate"]), proposal["origin"], proposal["why"]),
            "verdict": Verdict(record["verdict"]),
            "findings": tuple(_finding(finding) for finding in record["findings"]),
            "confirmation": confirmation and _confirmation(confirmation),
        }
    )


def _finding(record: dict[str, Any]) -> Finding:
    evidence = (Evidence(**{**item, "value": float(item["value"])}) for item in record["evidence"])
    return Finding(
        **{
            **record,
            "severity": Severity(record["severity"]),
            "evidence": tuple(evidence),
            "remedy": record["remedy"] and Remedy(**record["remedy"]),
        }
    )


def _confirmation(record: dict[str, Any]) -> Confirmation:
    verdicts = tuple(Verdict(verdict) for verdict in record["verdicts"])
    return Confirmation(
        tuple(record["seeds"]), tuple(record["iterations"]), verdicts, tuple(record["whys"])
    )


def _json_number(value: float) -> float | str:
    return value if math.isfinite(value) else str(value)
