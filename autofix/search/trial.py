"""What one trial was and what came of it, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from autofix.health import Finding, Score, Verdict
from autofix.model import Candidate

Params = Mapping[str, float]
LOST = (Verdict.DIVERGED, Verdict.EXPLODING, Verdict.DEAD, Verdict.FAILED)


@dataclass(frozen=True)
class Proposal:
    """A candidate to try.

    Args:
        origin: "as written", "remedy H401", "tpe", "shrink" or "half".
        why: one sentence for the person who watches: what is changed, with the numbers behind it.
        reasons: by knob (see `autofix.model.Candidate`), what each change is for.
    """

    candidate: Candidate
    origin: str
    why: str
    reasons: Mapping[str, str] = field(default_factory=dict)


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
class Margin:
    """What became of a proved candidate at ``factor`` times its base_lr.

    Args:
        finished: False where the time was up, or the search interrupted, before anything was lost.
    """

    factor: float
    iterations: int
    verdict: Verdict
    why: str
    finished: bool = True

    @property
    def lost(self) -> bool:
        """Whether it does not survive there."""
        return self.verdict in LOST

    @property
    def holds(self) -> bool:
        """Whether nothing was lost there; learning need not be seen again."""
        return self.finished and not self.lost

    def __str__(self) -> str:
        if not self.finished:
            return f"whether it survives {self.factor:g} times its base_lr is not known: {self.why}"
        if self.holds:
            return f"it also survives {self.factor:g} times its base_lr over {self.iterations} iterations"
        return f"it does not survive {self.factor:g} times its base_lr: {self.why}"


@dataclass(frozen=True)
class RangeTest:
    """What a learning rate range test showed: one training whose rate grows by a constant factor an iteration.

    Args:
        rates, losses: the curve; shapes agree.
        lowest: the rate at which the loss was lowest, None if it never came clearly below its start.
        limit: the rate at which it diverged, None if it never did.
        iterations, seconds: what it cost.
        finished: False where the time was up before it came to its end.
    """

    rates: tuple[float, ...]
    losses: tuple[float, ...]
    lowest: float | None
    limit: float | None
    iterations: int
    seconds: float
    finished: bool = True


@dataclass(frozen=True)
class Trial:
    """One candidate, its probe and, where that looked stable, its confirmation.

    Args:
        score: lower is better; below 1 for a training that learns (see ``health.score``).
        graded: the same with its parts; None in a study from before these were kept.
        iterations: of Caffe, with those of the confirmation, the margin and the range test that led here.
        seconds: of Caffe, likewise.
        range_tests: those that led here, each with what it was about.
        pace: seconds of Caffe for an iteration of its probe; 0 where that is not known.
        first_update: the largest update of its probe's first iteration, as a share of its weight; None if not known.
        finished: False where the time was up, or the search interrupted, before all its runs came to their end.
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
    margin: Margin | None = None
    range_tests: tuple[tuple[Candidate, RangeTest], ...] = ()
    pace: float = 0.0
    first_update: float | None = None
    graded: Score | None = None
    finished: bool = True

    @property
    def candidate(self) -> Candidate:
        return self.proposal.candidate

    @property
    def besides_rate(self) -> Candidate:
        """What it changes besides base_lr."""
        return replace(self.candidate, base_lr=None)

    @property
    def proved(self) -> bool:
        """Stable in its probe and in every confirmation run."""
        return self.verdict is Verdict.STABLE and self.confirmation is not None and self.confirmation.holds

    @property
    def restless(self) -> bool:
        """Whether it had begun to learn (see ``health.score``), and yet was not called stable."""
        return self.verdict is Verdict.INCONCLUSIVE and self.score < 1

    @property
    def near_limit(self) -> bool:
        """Whether it was lost at a little more than its own base_lr."""
        return self.margin is not None and self.margin.lost
