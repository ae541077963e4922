"""Why each change of a fix is there, in words for the diff."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from autofix.search.trial import Trial


def reasons(fix: Trial, trials: Iterable[Trial]) -> Mapping[str, str]:
    """Return by knob (see `autofix.model.patch`) the reason of the first trial that made this change."""
    found: dict[str, str] = {}
    for trial in (*trials, fix):
        why = trial.proposal.why
        if trial.proposal.origin == "shrink":
            continue
        if trial.candidate.base_lr == fix.candidate.base_lr is not None:
            found.setdefault("base_lr", why)
        if trial.candidate.input_scale == fix.candidate.input_scale is not None:
            found.setdefault("input_scale", why)
        for layer, std in fix.candidate.filler_stds.items():
            if trial.candidate.filler_stds.get(layer) == std:
                found.setdefault(f"filler_std:{layer}", why)
    return found
