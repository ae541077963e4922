"""Which trial to build upon first, and which of its findings to follow first."""

from __future__ import annotations

from autofix.health import Finding, Remedy
from autofix.health.checks.h204_signal_size import DRAWN, KEEPING
from autofix.search.rates import HOT
from autofix.search.trial import LOST, Trial


def promise(trial: Trial) -> tuple[bool, bool, float, int]:
    """What to build upon first."""
    return not trial.restless, not _wants_rate_alone(trial), trial.score, trial.number


def _wants_rate_alone(trial: Trial) -> bool:
    """Whether a changed training was lost, and all that is left to change about it is a lower base_lr."""
    if trial.besides_rate.as_written or trial.verdict not in LOST or ails(trial):
        return False
    return all(remedy.base_lr_factor is None or remedy.base_lr_factor < 1 for remedy in _asked(trial))


def ails(trial: Trial) -> bool:
    """Whether a finding asks for something else than another base_lr."""
    return any(remedy.changes_something and remedy.base_lr_factor is None for remedy in _asked(trial))


def _asked(trial: Trial) -> list[Remedy]:
    return [finding.remedy for finding in trial.findings if finding.remedy is not None]


def order(trial: Trial, finding: Finding) -> tuple[bool, int]:
    """What speaks to the trouble comes first, then what changes least.

    Weights that are too small cannot throw a training over, and a rate that is too large does not make one slow.
    """
    remedy = finding.remedy
    if remedy is None:
        return True, 9
    hot = trial.verdict in HOT
    aside = hot and _raises(finding)
    if remedy.input_scale_factor is not None:
        return aside, 0
    if remedy.momentum is not None or remedy.weight_decay is not None or remedy.loss_weights or remedy.biases:
        return aside, 1
    if remedy.filler_stds:
        return aside, 2
    if remedy.base_lr_factor is not None:
        return aside, 3
    return aside, 4


def _raises(finding: Finding) -> bool:
    """Whether a remedy makes updates or signals larger."""
    remedy = finding.remedy
    assert remedy is not None
    if remedy.filler_stds:
        return finding.measured(DRAWN) < finding.measured(KEEPING)
    return (remedy.base_lr_factor or 0.0) > 1 or (remedy.input_scale_factor or 0.0) > 1
