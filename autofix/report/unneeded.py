"""Remedies that findings ask for and the fix does without: which, and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from autofix.debuginfo import listed
from autofix.health import Remedy
from autofix.health.rates import WANTED, of_size
from autofix.model import Candidate
from autofix.report.runs import RunFacts
from autofix.search import Outcome, Trial

_NAMES = {  # by kind of knob, as a thing that is not needed
    "input_scale": "a scale of the input",
    "target_scale": "a scale of the targets",
    "filler_std": "other weight fillers",
    "bias": "other biases",
    "momentum": "another momentum",
    "weight_decay": "another weight_decay",
    "loss_weight": "another loss_weight",
    "clip_gradients": "clip_gradients",
    "base_lr": "another base_lr",
}
_CAUSES = {  # what makes steps too large, as the fix has it mended
    "input_scale": "the input",
    "target_scale": "the targets",
    "filler_std": "the weights as drawn",
    "momentum": "the momentum",
    "loss_weight": "the loss_weight",
}

_DIRECTIONS = {True: ("a lower one", "too large"), False: ("a larger one", "too small")}  # is the factor below 1?


def label(remedy: Remedy, fix: Trial | None, base_lr: float) -> str:
    """Return what stands before a remedy's advice in the report.

    Args:
        fix: what was written, if anything was.
        base_lr: the solver's own.
    """
    if fix is None or not remedy.changes_something:
        return "Remedy"
    if _kinds(remedy) & _made(fix.candidate, remedy, base_lr):
        return "Remedy, part of the fix"
    return "Remedy, not needed in the end" if fix.proved else "Remedy, not part of what was written"


def unneeded(outcome: Outcome, after: RunFacts | None) -> Iterator[str]:
    """Yield sentences on the remedies of the training as written that the fix, which is proved, does without.

    Args:
        after: what the log of the fix shows.
    """
    baseline, fix = outcome.baseline, outcome.fix
    if baseline is None or fix is None or not fix.proved:
        return
    base_lr = outcome.training.solver.base_lr
    remedies = [finding.remedy for finding in baseline.findings if finding.remedy is not None]
    left = {kind for remedy in remedies for kind in _kinds(remedy) - _made(fix.candidate, remedy, base_lr)}
    left -= {knob.partition(":")[0] for knob in fix.candidate.knobs}
    if "base_lr" in left:
        factors = {(remedy.base_lr_factor or 1.0) < 1 for remedy in remedies if remedy.base_lr_factor is not None}
        yield _rate_stays(fix, base_lr, _DIRECTIONS[factors.pop()] if len(factors) == 1 else ("another one", ""), after)
    others = [kind for kind in _NAMES if kind in left - {"base_lr"}]
    if others:
        either = " either" if "base_lr" in left else ""
        tried = {kind: [trial.number for trial in outcome.trials if _turns(trial.candidate, kind)] for kind in others}
        names = listed(f"{_NAMES[kind]}{_tried(tried[kind])}" for kind in others)
        yield f"Not needed{either}: {names}. All runs of the fix were stable without."


def _rate_stays(fix: Trial, base_lr: float, asked: tuple[str, str], after: RunFacts | None) -> str:
    """Why base_lr was left alone.

    Args:
        asked: which one the findings ask for, and what they say of the steps.
    """
    wish, steps = asked
    causes = listed(_CAUSES[kind] for kind in _CAUSES if _turns(fix.candidate, kind))
    because = f": its steps were {steps} because of {causes}, which the fix mends" if causes and steps else ""
    told = f"base_lr stays at {base_lr:g}, though findings ask for {wish}{because}."
    largest = max((share.middle for share in after.shares), default=None) if after is not None else None
    if largest is not None:
        told += f" Now one step changes the weights of no layer by more than {of_size(largest)} (median)"
        told += ", as is usual." if largest <= 10 * WANTED else "."
    if fix.margin is not None and fix.margin.holds:
        told += f" The training also survives {fix.margin.factor:g} times that base_lr."
    return told


def _tried(numbers: list[int]) -> str:
    return f" (tried in probe {', '.join(map(str, numbers))})" if numbers else ""


def _turns(candidate: Candidate, kind: str) -> bool:
    return any(knob.partition(":")[0] == kind for knob in candidate.knobs)


def _kinds(remedy: Remedy) -> set[str]:
    """The kinds of knobs that a remedy asks to turn."""
    asked: Mapping[str, object] = {
        "base_lr": remedy.base_lr_factor is not None,
        "input_scale": remedy.input_scale_factor is not None,
        "target_scale": remedy.target_scale_factor is not None,
        "momentum": remedy.momentum is not None,
        "weight_decay": remedy.weight_decay is not None,
        "clip_gradients": remedy.clip_gradients is not None,
        "loss_weight": remedy.loss_weights,
        "bias": remedy.biases,
        "filler_std": remedy.filler_stds,
    }
    return {kind for kind, is_asked in asked.items() if is_asked}


def _made(candidate: Candidate, remedy: Remedy, base_lr: float) -> set[str]:
    """The kinds of knobs that were turned, base_lr only if in the direction that a remedy asks for."""
    made = {knob.partition(":")[0] for knob in candidate.knobs}
    if candidate.base_lr is not None and remedy.base_lr_factor is not None:
        is_same = (candidate.base_lr < base_lr) == (remedy.base_lr_factor < 1)
        return made if is_same else made - {"base_lr"}
    return made
