"""What to do about a training, of all the remedies that its findings ask for: none twice, none against another.

What comes first was held against the corpus of ``studies/``: causes that are there before the first step (the data, the
size of the input, settings, fillers) come before base_lr. A large input, say, makes steps large too, and the rate that
would be small enough for it is far too small once the input is scaled.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from autofix.health import Finding, Remedy, Verdict, View
from autofix.health.checks.h107_below_zero import THE_INPUT
from autofix.health.checks.h204_signal_size import DRAWN, KEEPING, SignalSize
from autofix.report.diagnosis.fillers import together
from autofix.report.diagnosis.numbers import with_numbers
from autofix.report.diagnosis.outliers import CODE as OUTLIERS
from autofix.report.diagnosis.unlogged import SUDDEN

_DATA = (OUTLIERS, SUDDEN)
_NO_GRADIENT = ("H201", "H202")  # where nothing or next to nothing comes back, no rate makes a step of it
_DATA_FIRST, _SIZES, _SETTINGS, _FILLERS, _RATE, _NEAR, _OTHER = range(7)
FAR = 10.0  # times the std that keeps the signal, or a tenth: fillers of sound trainings of the corpus are 3 to 4 off
WIDE = SignalSize.far  # the same where the training is lost, for weights that are too wide
LOST = (Verdict.DIVERGED, Verdict.EXPLODING)
BAD = (*LOST, Verdict.DEAD, Verdict.NOT_LEARNING)
MORE = (
    "put `debug_info: true` and `display: 1` into the solver, train a few iterations again and diagnose that log: it "
    "tells each layer's magnitudes, which the losses alone do not"
)


@dataclass(frozen=True, slots=True)
class _Asked:
    """A remedy with its place in the order."""

    remedy: Remedy
    turn: int
    aside: bool  # it would make things larger in a training that is lost already

    @property
    def is_cause(self) -> bool:
        """Whether it mends what was there before the first step."""
        return self.turn in (_SIZES, _SETTINGS, _FILLERS) and not self.aside


def advice(findings: Sequence[Finding], view: View, verdict: Verdict) -> tuple[str, ...]:
    """Return what to do, the most urgent first.

    Args:
        findings: errors first.
    """
    lost = verdict in LOST
    known = [
        together(each, view) if lost and each.code == "H204" and not _enlarges(each) else each for each in findings
    ]
    asked = [_asked(finding, verdict) for finding in known if finding.remedy is not None]
    # What stays equal keeps its order; of two that raise base_lr, the one that computes how far comes first.
    asked.sort(key=lambda each: (each.aside, each.turn, -max(each.remedy.base_lr_factor or 1.0, 1.0)))
    remedies = [each.remedy for each in asked]
    is_slower = any((remedy.base_lr_factor or 1.0) < 1 for remedy in remedies)
    is_silent = any(finding.code in _NO_GRADIENT for finding in findings)
    kept = list[_Asked]()
    for each in asked:
        is_faster = (each.remedy.base_lr_factor or 1.0) > 1
        others = [other.remedy for other in kept]
        if is_faster and (is_slower or is_silent or any((other.base_lr_factor or 1.0) > 1 for other in others)):
            continue
        if _is_vague(each.remedy) and any(other.is_cause for other in kept):
            continue  # it says to look for what has been found
        if not any(_says(other, each.remedy) for other in others):
            kept.append(each)
    if not all(each.remedy.searchable for each in kept):
        kept = [each for each in kept if each.turn == _DATA_FIRST] or kept  # nothing else helps as long as that is so
    told = tuple(with_numbers([(each.remedy, each.is_cause) for each in kept], view, verdict is Verdict.STABLE))
    is_at_a_loss = not view.trace.has_debug_info and all(each.turn == _NEAR for each in kept)
    return (MORE, *told) if is_at_a_loss and _is_in_trouble(findings, verdict) else told


def _is_in_trouble(findings: Sequence[Finding], verdict: Verdict) -> bool:
    return verdict in BAD or any(finding.code in ("H104", "H301") for finding in findings)


def _asked(finding: Finding, verdict: Verdict) -> _Asked:
    assert finding.remedy is not None
    aside = verdict in LOST and _enlarges(finding)
    return _Asked(finding.remedy, _turn(finding, finding.remedy), aside)


def _turn(finding: Finding, remedy: Remedy) -> int:
    if finding.code in _DATA or (not remedy.searchable and finding.code != "D101"):
        return _DATA_FIRST  # no setting helps as long as this is so
    if (
        finding.code in ("D105", "H107")
        or remedy.input_scale_factor is not None
        or remedy.target_scale_factor is not None
        or remedy.advice.startswith("scale the input down")  # as check H208 has it, without a number
    ):
        return _SIZES
    if _is_of_the_solver(remedy):
        return _SETTINGS
    if remedy.filler_stds and not _is_vague(remedy):
        return _FILLERS if _is_far_off(finding) else _NEAR
    return _RATE if remedy.base_lr_factor is not None else _OTHER


def _is_vague(remedy: Remedy) -> bool:
    return remedy.advice.startswith("find ")


def _is_of_the_solver(remedy: Remedy) -> bool:
    """Whether a remedy sets one thing to what is usual."""
    numbers = (remedy.momentum, remedy.weight_decay)
    is_one = any(number is not None for number in numbers) or bool(remedy.loss_weights or remedy.biases)
    return is_one or remedy.advice.startswith(("set delta", "set gamma", "raise clip_gradients"))


def _is_far_off(finding: Finding) -> bool:
    """Whether the fillers are so far off that this alone explains the trouble."""
    times = finding.measured(DRAWN) / finding.measured(KEEPING)
    return not 1 / FAR <= times <= WIDE * 1.1  # NaN is of another check than H204: it saw the harm they do


def _enlarges(finding: Finding) -> bool:
    """Whether a remedy makes signals larger."""
    assert finding.remedy is not None
    if finding.remedy.filler_stds:
        return finding.measured(DRAWN) < finding.measured(KEEPING)
    return (finding.remedy.input_scale_factor or 0.0) > 1


def _says(remedy: Remedy, other: Remedy) -> bool:
    """Whether a remedy already says what another one does."""
    if other.filler_stds:
        return other.filler_stds.items() <= remedy.filler_stds.items()
    if other.input_scale_factor is not None:
        return THE_INPUT in remedy.advice or other.input_scale_factor == remedy.input_scale_factor
    if other.advice.startswith("scale the input down"):
        return remedy.advice.startswith("scale the input")
    if other.advice.startswith("take smaller steps"):
        return (remedy.base_lr_factor or 1.0) < 1
    return other.advice in remedy.advice
