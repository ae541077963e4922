"""Patience for what was cut short on its plateau: sound nets, too, may take long before they begin to learn."""

from __future__ import annotations

from collections.abc import Iterable

from autofix.health import Verdict
from autofix.search.trial import Proposal, Trial

LONGER, TRIALS = "longer", 3  # origin of a second, longer probe; so many of them


def longer(trials: Iterable[Trial], history: Iterable[Trial]) -> Proposal | None:
    """The best of ``trials`` that may have been cut short, once more; None where there is no such, or it was tried."""
    again = {trial.candidate for trial in history if trial.proposal.origin == LONGER}
    if len(again) >= TRIALS:
        return None
    early = (trial for trial in trials if _cut_short(trial) and trial.candidate not in again)
    best = min(early, key=lambda trial: (trial.score, trial.number), default=None)
    if best is None:
        return None
    why = f"probe {best.number} was cut short: {best.why}; this time it may take longer"
    return Proposal(best.candidate, LONGER, why, best.proposal.reasons)


def _cut_short(trial: Trial) -> bool:
    return trial.verdict is Verdict.INCONCLUSIVE and trial.confirmation is None and not trial.candidate.as_written
