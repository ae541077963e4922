"""Why each change of a fix is there, in words for the diff."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from autofix.search.trial import Trial


def reasons(fix: Trial, trials: Iterable[Trial]) -> Mapping[str, str]:
    """Return by knob (see `autofix.model.patch`) what it is for and, where that was tried, what happened without it."""
    trials = tuple(trials)
    return {knob: f"{_reason(knob, fix, trials)}{_without(knob, fix, trials)}" for knob in fix.candidate.knobs}


def _reason(knob: str, fix: Trial, trials: tuple[Trial, ...]) -> str:
    """The reason of the first trial that made this change."""
    for trial in (*trials, fix):
        made = trial.candidate.knobs.get(knob) == fix.candidate.knobs[knob]
        if made and trial.proposal.origin != "shrink":
            return trial.proposal.reasons.get(knob, trial.proposal.why)
    return fix.proposal.why


def _without(knob: str, fix: Trial, trials: tuple[Trial, ...]) -> str:
    """What became of the candidate that differs from the fix in this kind of change alone; may be empty."""
    kind = knob.partition(":")[0]
    rest = fix.candidate.only({other for other in fix.candidate.knobs if other.partition(":")[0] != kind})
    for trial in trials:
        if trial.candidate == rest and not trial.proved and not rest.as_written:
            return f"; without it (probe {trial.number}): {trial.verdict.value}"
    return ""
