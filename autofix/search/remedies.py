"""From findings to candidates: what arithmetic proposes before anything is sampled."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from autofix.health import Finding, Remedy
from autofix.model import Candidate, Training
from autofix.search.trial import Proposal, Trial

DIGITS = 2  # significant digits of a proposed number: people read the diff


def remedies(training: Training, history: Iterable[Trial]) -> Iterator[Proposal]:
    """Yield candidates that were not tried yet, built upon what did best so far, smallest change first.

    A trial's findings say what ails it; each remedy is laid on top of that trial's own changes, so that one which
    made things better but not well is built upon.
    """
    history = tuple(history)
    tried = {trial.candidate for trial in history}
    for trial in sorted(history, key=lambda trial: (trial.score, trial.number)):
        for finding in sorted(trial.findings, key=_size):
            if finding.remedy is None or not finding.remedy.changes_something:
                continue
            candidate = combine(training, trial.candidate, finding.remedy)
            if candidate not in tried:
                yield Proposal(candidate, f"remedy {finding.code}", _why(trial, finding))


def combine(training: Training, candidate: Candidate, remedy: Remedy) -> Candidate:
    """Return ``candidate`` with ``remedy`` on top."""
    base_lr = candidate.base_lr
    if remedy.base_lr_factor is not None:
        base_lr = rounded((base_lr or training.solver.base_lr) * remedy.base_lr_factor)
    scale = candidate.input_scale
    if remedy.input_scale_factor is not None:
        scale = (scale or 1.0) * remedy.input_scale_factor
    stds = {**candidate.filler_stds, **{layer: rounded(std) for layer, std in remedy.filler_stds.items()}}
    return Candidate(base_lr, scale, stds)


def rounded(value: float) -> float:
    """Return ``value`` with two significant digits."""
    return float(f"{value:.{DIGITS}g}")


def _size(finding: Finding) -> int:
    """How much a remedy changes: the scale of the input is one number that every training should have right."""
    remedy = finding.remedy
    if remedy is None:
        return 3
    return 0 if remedy.input_scale_factor is not None else 1 if remedy.filler_stds else 2


def _why(trial: Trial, finding: Finding) -> str:
    where = "" if trial.candidate.as_written else f" (seen in probe {trial.number})"
    assert finding.remedy is not None
    return f"{finding.remedy.advice}{where}"
