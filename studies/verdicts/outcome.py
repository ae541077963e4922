"""A verdict beside the truth: right, wrong, or honestly open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from autofix.health import Verdict
from studies.corpus import Case
from studies.truth import MIXED, Record, verdict
from studies.truth.rule import CANNOT_RUN, DEAD, DIVERGED, NOT_LEARNING, STABLE

# Which labels a verdict claims. Dead and not-learning are one claim: whether the trained net's answers still differ a
# little is nothing that a probe could tell.
CLAIMS = {
    Verdict.STABLE: (STABLE,),
    Verdict.DIVERGED: (DIVERGED,),
    Verdict.EXPLODING: (DIVERGED,),
    Verdict.DEAD: (DEAD, NOT_LEARNING),
    Verdict.NOT_LEARNING: (DEAD, NOT_LEARNING),
    Verdict.FAILED: (CANNOT_RUN,),
}
BROKEN = tuple(verdict for verdict in CLAIMS if verdict is not Verdict.STABLE)
LATE = 100  # iterations: a divergence that comes later is a late one


@dataclass(frozen=True)
class Outcome:
    """One case: what became of it with each seed, and what was said of its probe.

    Args:
        truth: the label all seeds agree on, or "mixed".
        labels: of the seeds.
        when: the earliest iteration of a divergence over the seeds, or None.
        said: None where a look at the data told already that no setting can help.
        iterations: that the verdict needed.
    """

    case: Case
    truth: str
    labels: tuple[str, ...]
    when: int | None
    said: Verdict | None
    iterations: int
    why: str

    @classmethod
    def of(cls, case: Case, group: Sequence[Record], said: Verdict | None, iterations: int, why: str) -> Outcome:
        whens = [record["when"] for record in group if record["when"] is not None]
        labels = tuple(str(record["label"]) for record in group)
        return cls(case, verdict(group), labels, min(whens, default=None), said, iterations, why)

    @property
    def sound(self) -> bool:
        """Whether every seed trained well."""
        return self.truth == STABLE

    @property
    def late(self) -> bool:
        """Whether a seed diverged after the others would have stopped looking."""
        return self.when is not None and self.when >= LATE

    @property
    def called_broken(self) -> bool:
        return self.said is None or self.said in BROKEN

    @property
    def open(self) -> bool:
        return self.said is Verdict.INCONCLUSIVE

    @property
    def right(self) -> bool:
        """Whether the claim is true of a seed; of all of them where it says stable."""
        if self.said is None:
            return not self.sound
        if self.said is Verdict.STABLE:
            return self.sound
        return any(label in CLAIMS.get(self.said, ()) for label in self.labels)

    @property
    def miss(self) -> str:
        """What is wrong with the verdict, the worst first; empty if nothing is."""
        if self.said is Verdict.STABLE and not self.sound:
            return "called stable"
        if self.sound and self.called_broken:
            return "called broken"
        if self.open:
            return "left open"
        return "" if self.right else "another kind of broken"

    @property
    def mixed(self) -> bool:
        return self.truth == MIXED
