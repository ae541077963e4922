"""A training's log judged as a whole, or while it is written: its verdict and its findings, made to agree."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from autofix.debuginfo import Trace, continues, first_bad, history, with_orphan, without_torn_start
from autofix.health import Decision, Facts, Finding, Judge, Remedy, Severity, Verdict, View, examine
from autofix.health.constant import constant_answer
from autofix.health.rates import slower
from autofix.health.rulings import Collapsed
from autofix.health.rulings.decision import first_loss
from autofix.report.diagnosis.clipping import clipped_away
from autofix.report.diagnosis.death import death, when
from autofix.report.diagnosis.lifeless import Lifeless
from autofix.report.diagnosis.outliers import outlying_batches
from autofix.report.diagnosis.schedule import scheduled
from autofix.report.diagnosis.start import sizes
from autofix.report.diagnosis.tested import test_findings
from autofix.report.diagnosis.unlogged import from_losses

BAD = frozenset({Verdict.DIVERGED, Verdict.EXPLODING, Verdict.DEAD, Verdict.NOT_LEARNING})
PATIENT = frozenset({"H102", "H104", "H202", "H301"})  # what these see may pass: errors once the verdict is bad, too
PASSED = PATIENT | {"H103", "H201"}  # in a training that is stable now, these harm little: a layer may rest, for one
MOST_JUDGED = 20  # runs of one log
_JUDGE = Judge(cap=sys.maxsize, give_up=sys.maxsize, bad=(*Judge().bad, Lifeless()))
_TITLES = {
    Verdict.DIVERGED: "the training diverged",
    Verdict.EXPLODING: "the loss blew up",
    Verdict.DEAD: "no weight moves",
    Verdict.NOT_LEARNING: "not learning",
}


@dataclass(frozen=True, eq=False)
class Judged:
    """One training of a log.

    Args:
        run: index of the run that ended it.
        training: what the log says of it.
        view: the same for the checks; see ``_view``.
    """

    run: int
    training: Trace
    view: View
    decision: Decision
    findings: tuple[Finding, ...]

    @property
    def has_error(self) -> bool:
        """Whether anything is wrong beyond doubt."""
        return any(finding.severity is Severity.ERROR for finding in self.findings)


def judge(trace: Trace) -> Judged:
    """Judge the training of a log that has ended; of several, the last that went wrong, else the last."""
    last = len(trace.runs) - 1
    found = judge_run(trace, last)
    if found.has_error:
        return found
    for run in range(last - 1, max(last - MOST_JUDGED, -1), -1):
        earlier = judge_run(trace, run)
        lost = earlier.decision.verdict in (Verdict.DIVERGED, Verdict.EXPLODING)
        if lost or (earlier.has_error and not continues(trace, run + 1)):
            return earlier
    return found


def judge_run(trace: Trace, run: int, running: bool = False) -> Judged:
    """Judge the training that one run ends.

    Args:
        running: more may come, and so may learning.
    """
    training = history(trace, run)
    try:
        return _judged(training, run, running, strict=True)
    except Exception:
        if not training.net_text and not training.solver_text:
            raise
        # The prototxts in the log are damaged, which shows only when they are looked into.
        return _judged(replace(training, solver_text="", net_text=""), run, running, strict=False)


def _judged(trace: Trace, run: int, running: bool, strict: bool) -> Judged:
    view = _view(trace)
    _ = view.steps, view.data_layers  # the layer table looks into the net later, where damage would be a traceback
    decision = _decide(view, trace, running)
    checked = examine(view, strict)
    own = (
        *death(trace),
        *test_findings(trace),
        *outlying_batches(view),
        *from_losses(view),
        *sizes(view, checked),
        *scheduled(view),
        *clipped_away(view),
    )
    return Judged(run, trace, view, decision, tuple(_agreeing((*checked, *own), decision, view, running)))


def _view(trace: Trace) -> View:
    """The trace with what its net tells.

    A first block whose beginning is not in the log is left out. A last one without an iteration line is a row if it is
    all there is, or if it alone went bad.
    """
    trace = without_torn_start(trace)
    if not trace.bad_rows.any() and (not len(trace) or first_bad(trace) is not None):
        trace = with_orphan(trace)
    net = View(Facts(), trace).net
    return View(constant_answer(net, {}) if net is not None else Facts(), trace)


def _decide(view: View, trace: Trace, running: bool) -> Decision:
    at = int(view.trace.iterations[-1]) if len(view) else 0
    has_loss = bool(np.isfinite(view.loss).any())
    decision = _JUDGE.decide(view) if has_loss or first_bad(view.trace) is not None else None
    if decision is not None:
        return decision
    if trace.fatal is not None and not trace.finished:
        return Decision(Verdict.FAILED, at, when(trace))
    if running:
        return Decision(Verdict.INCONCLUSIVE, at, "it still runs")
    if len(view) and not has_loss:
        return Decision(Verdict.INCONCLUSIVE, at, "the log tells no loss")
    return _JUDGE.conclude(view, whole=trace.finished and not trace.stopped_early)


def _agreeing(findings: tuple[Finding, ...], decision: Decision, view: View, running: bool) -> Iterator[Finding]:
    """The findings with severities that go with the verdict, and one more where none accounts for it."""
    verdict = decision.verdict
    if verdict in BAD:
        yield from findings
        if not any(_accounts_for(finding, verdict) for finding in findings):
            yield _verdict_itself(decision, view)
        return
    doubted = PASSED if verdict is Verdict.STABLE else PATIENT if running else _open_questions(view)
    for finding in findings:
        is_early = finding.code in doubted and finding.severity is Severity.ERROR
        yield replace(finding, severity=Severity.WARNING) if is_early else finding


def _open_questions(view: View) -> frozenset[str]:
    """What the end of an undecided training leaves in doubt.

    Learning counts as lost where the loss is back at the constant answer, unless most of the last losses still are well
    below it: the mean of a few, of batches of one record, is luck. Where that answer is not known, half of the first
    loss stands in for it, and a noisy training may be back there; at where it began, it is lost.
    """
    loss = view.loss[np.isfinite(view.loss)]
    if not len(loss):
        return frozenset({"H301"})
    if view.learning.known:
        noisy = float(np.median(loss[-Collapsed.rows :])) < Collapsed.learned * abs(view.learning.answer)
    else:
        noisy = view.learning.now < first_loss(view)
    return frozenset({"H301", "H104"} if noisy else {"H301"})


def _accounts_for(finding: Finding, verdict: Verdict) -> bool:
    """Whether a finding explains a bad verdict: that weights stand still does not explain that they ran away."""
    ran_away = verdict in (Verdict.DIVERGED, Verdict.EXPLODING)
    return finding.severity is Severity.ERROR and (not ran_away or finding.code.startswith(("H1", "H4")))


def _verdict_itself(decision: Decision, view: View) -> Finding:
    remedy = None
    if decision.verdict in (Verdict.DIVERGED, Verdict.EXPLODING):
        factor, because = slower(view)
        remedy = Remedy(f"lower base_lr: {because}", base_lr_factor=factor)
    why = f"{decision.why[0].upper()}{decision.why[1:]}."
    title = _TITLES[decision.verdict]
    return Finding("D102", title, Severity.ERROR, why, iteration=decision.iteration, remedy=remedy)
