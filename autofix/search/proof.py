"""The proof of a candidate that looks stable: other seeds, longer, and a margin.

Trainings near their limit learn well for hundreds of iterations before they are lost. At twice the base_lr such a
training is lost early, and one that is sound is not: that run tells which proofs have to be long (docs/figures.md has
the measurements).
"""

from __future__ import annotations

from dataclasses import dataclass

from autofix.health import Score, Verdict
from autofix.model import Candidate, growth
from autofix.search.bench import Bench
from autofix.search.probe import Probe
from autofix.search.range_test import first_update
from autofix.search.trial import Confirmation, Margin, Params, Proposal, RangeTest, Trial

LONG = 5  # times the usual length, of the confirmation of a training near its limit


@dataclass(frozen=True, eq=False)
class Proof:
    """The runs of a proof.

    Args:
        confirming: the runs with other seeds.
        others: runs that the verdict does not rest on, for their cost.
        refusal: the first that was not stable, None if all were.
        why: why it is refused; empty if it is not.
    """

    confirming: tuple[Probe, ...] = ()
    others: tuple[Probe, ...] = ()
    margin: Margin | None = None
    refusal: Probe | None = None
    why: str = ""

    @property
    def runs(self) -> tuple[Probe, ...]:
        return (*self.confirming, *self.others)

    @property
    def finished(self) -> bool:
        """Whether it came to its end; a refusal is one."""
        return self.refusal.finished if self.refusal is not None else all(run.finished for run in self.runs)

    def worst(self, probe: Probe) -> Score:
        """The score of what was proved: the worst of the runs, its probe among them, that had the time they needed."""
        done = (run for run in self.confirming if run.finished)
        return max((run.graded for run in (probe, *done)), key=lambda graded: graded.total)


def prove(bench: Bench, candidate: Candidate, number: int, probe: Probe) -> Proof:
    """Confirm a candidate, and measure its margin.

    A training as written that is near its limit is confirmed once more, for longer; a changed one need not be so near.
    """
    runs = bench.confirm(candidate, number, probe)
    if (refusal := _refusal(runs)) is not None:
        return Proof(runs, refusal=refusal, why=_refused(bench, runs, refusal))
    margin, faster = bench.margin(candidate, number, min(run.iterations for run in runs))
    if margin.holds:
        return Proof(runs, (faster,), margin)
    if growth(bench.prober.training.solver) >= margin.factor:
        why = f"its schedule raises the rate {margin.factor:.3g}-fold, and there {margin.why}"
        return Proof(runs, (faster,), margin, faster, why)
    if not candidate.as_written or not margin.lost:
        return Proof(runs, (faster,), margin)
    longer = bench.confirm(candidate, number, probe, LONG)
    refusal = _refusal(longer)
    return Proof(longer, (faster, *runs), margin, refusal, _refused(bench, longer, refusal))


def _refusal(runs: tuple[Probe, ...]) -> Probe | None:
    """The first run that was not stable; one that was only cut short where there is no other."""
    refusals = (run for run in runs if run.verdict is not Verdict.STABLE)
    return min(refusals, key=lambda run: not run.finished, default=None)


def _refused(bench: Bench, runs: tuple[Probe, ...], refusal: Probe | None) -> str:
    """Why a run of a proof refuses what its probe showed; empty if none does."""
    if refusal is None:
        return ""
    seed = f"with seed {bench.seeds[runs.index(refusal)]}"
    told = f"but {seed}" if refusal.finished else f"but its proof lacks the run {seed}"
    return f"its probe was stable, {told}: {refusal.decision.why}"


def concluded(
    number: int,
    proposal: Proposal,
    params: Params,
    probe: Probe,
    proof: Proof,
    confirmation: Confirmation | None,
    tests: tuple[tuple[Candidate, RangeTest], ...],
) -> Trial:
    """What came of a trial.

    Args:
        tests: the range tests that led to it.
    """
    judged, worst = proof.refusal or probe, proof.worst(probe)
    costs: tuple[Probe | RangeTest, ...] = (probe, *proof.runs, *(test for _, test in tests))
    return Trial(
        number=number,
        proposal=proposal,
        params=params,
        verdict=judged.verdict,
        why=proof.why or judged.decision.why,
        score=worst.total,
        graded=worst,
        iterations=sum(each.iterations for each in costs),
        seconds=sum(each.seconds for each in costs),
        findings=judged.findings,
        confirmation=confirmation,
        margin=proof.margin,
        range_tests=tuple(pair for pair in tests if pair[1].finished),
        pace=probe.seconds / max(probe.iterations, 1),
        first_update=first_update(probe.view),
        finished=probe.finished and proof.finished,
    )
