"""What is done with a proved fix while the budget lasts: away from its limit, faster, and smaller."""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

from autofix.errors import CaffeError
from autofix.model import Candidate, Training, growth
from autofix.search.rates import safe_rate
from autofix.search.remedies import rounded
from autofix.search.shrink import left_out, shrink
from autofix.search.trial import Proposal, RangeTest, Trial
from autofix.search.words import changes

TINY = "H205"  # the finding of updates that are too small
FAR = 10.0  # times its base_lr: a training that could take as much learns far slower than it could
ALONE = ("shrink", "half", "faster")  # origins of the candidates that are tried here
WORSE, SLACK = 1.25, 0.02  # a smaller fix may score this many times, and this much above, the full one


class Tries(Protocol):
    """The search, as far as it is needed here."""

    trials: list[Trial]

    @property
    def training(self) -> Training: ...

    @property
    def shrinking(self) -> bool: ...

    @property
    def exhausted(self) -> bool: ...

    def rates(self, trial: Trial) -> RangeTest | None: ...

    def try_alone(self, proposal: Proposal) -> Trial: ...


def refined(search: Tries, fix: Trial) -> Trial:
    """Return the fix, or a better one that is proved as well."""
    if fix.near_limit:
        fix = _halved(search, fix)
    elif search.shrinking:
        fix = _hastened(search, fix)
    return _shrunk(search, fix) if search.shrinking else fix


def speed(search: Tries, trial: Trial) -> str:
    """Say so where a training that is stable learns far slower than it could; else empty.

    A Caffe that fails at the range test takes nothing from what is proved.
    """
    try:
        rate = _better_rate(search, trial)
    except CaffeError as error:
        return f"its steps are tiny, but which rates it could take is not known: {error}"
    if rate is None:
        return ""
    times = rate / _base_lr(search, trial)
    told = f"a range test allows a base_lr of {rate:g}, {times:.0f} times the present one"
    return f"it learns far slower than it could: {told}"


def _shrunk(search: Tries, full: Trial) -> Trial:
    """Take back what turns out not to be needed."""
    kept = [full]

    def holds(candidate: Candidate) -> bool:
        gone = left_out(full.candidate, candidate)
        proposal = Proposal(candidate, "shrink", f"is it needed to change {gone}?", full.proposal.reasons)
        trial = _tried(search, proposal)
        if trial is None or not _sound(trial) or trial.score > WORSE * full.score + SLACK:
            return False
        kept.append(trial)
        return True

    shrink(full.candidate, holds)
    return kept[-1]


def _halved(search: Tries, fix: Trial) -> Trial:
    """A fix that does not survive twice its base_lr is near its limit: half of it is better, if it is proved."""
    assert fix.margin is not None
    now = _base_lr(search, fix)
    told = f"{now:g} was stable, but {fix.margin.factor:g} times that is not"
    why = f"base_lr {now:g} -> {now / 2:g}, because {told} (probe {fix.number})"
    candidate, reasons = replace(fix.candidate, base_lr=now / 2), {**fix.proposal.reasons, "base_lr": told}
    trial = _tried(search, Proposal(candidate, "half", why, reasons))
    return trial if trial is not None and _sound(trial) else fix


def _hastened(search: Tries, fix: Trial) -> Trial:
    """A fix whose steps are far too small is tried with larger ones; the better of both is kept."""
    if search.exhausted and all(trial.proposal.origin != "faster" for trial in search.trials):
        return fix  # what a range test would tell is no use any more
    rate = _better_rate(search, fix)
    if rate is None:
        return fix
    candidate = replace(fix.candidate, base_lr=rate)
    told = "the steps are far smaller than a range test allows"
    why = f"{changes(search.training, {}, fix.candidate, candidate)}, because {told} (probe {fix.number})"
    trial = _tried(search, Proposal(candidate, "faster", why, {**fix.proposal.reasons, "base_lr": told}))
    return trial if trial is not None and _sound(trial) and trial.score < fix.score else fix


def _better_rate(search: Tries, trial: Trial) -> float | None:
    """The base_lr of a range test, where a training's updates are tiny and that rate is far above its own."""
    if not any(finding.code == TINY for finding in trial.findings):
        return None
    test = search.rates(trial)
    best = safe_rate(test, growth(search.training.solver))
    return rounded(best) if best is not None and best >= FAR * _base_lr(search, trial) else None


def _base_lr(search: Tries, trial: Trial) -> float:
    return trial.candidate.base_lr or search.training.solver.base_lr


def _tried(search: Tries, proposal: Proposal) -> Trial | None:
    """What came of a candidate: of its last trial if it had one, else of a new one; None if there is none left."""
    earlier = (trial for trial in reversed(search.trials) if trial.candidate == proposal.candidate)
    known = next(earlier, None)
    return known if known is not None or search.exhausted else search.try_alone(proposal)


def _sound(trial: Trial) -> bool:
    return trial.proved and not trial.near_limit
