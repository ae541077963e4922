"""What the sampler chose, as a candidate: where arithmetic has run out, upon the best that it led to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from autofix.model import Candidate, Training
from autofix.search.space import Coordinates
from autofix.search.trial import Params, Proposal, Trial
from autofix.search.words import changes, counted


def sampled(
    training: Training, coordinates: Coordinates, params: Params, trials: Sequence[Trial], origin: str
) -> Proposal:
    """Return the proposal at a point of the space; besides the study's parameters it is as the best trial was.

    Args:
        trials: at least one.
        origin: the sampler.
    """
    best = min(trials, key=lambda trial: (trial.score, trial.number))
    aside = replace(best.candidate, base_lr=None, input_scale=None, filler_stds={})  # no parameters of the study
    chosen = coordinates.candidate(params)
    candidate, choice = chosen.upon(aside), f"the sampler's choice after {counted(len(trials), 'trial')}"
    why = f"{changes(training, coordinates.stds, Candidate(), candidate)}, {choice}"
    return Proposal(candidate, origin, why, {**best.proposal.reasons, **dict.fromkeys(chosen.knobs, choice)})
