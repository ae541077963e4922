"""What needs a person's hand: a schedule that Caffe cannot follow, nothing that learns, data at fault, odd data."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from autofix.health import Finding, Severity
from autofix.model import Solver, growth
from autofix.search.range_test import SAFE

SCHEDULE = ("S103", "S104", "S105", "S106", "S107", "S109")  # rules of lint about a schedule that Caffe cannot follow
DATA = ("S405", "S408")  # about data that teaches nothing, and that Caffe may die of: labels out of range, NaN
FUTILE = ("S208",)  # about a net that learns nothing: it has no loss, or no weight that is free
UNSTORED = ("S306",)  # about statistics that a training from scratch does not have
ODD = ("S417",)  # and about data that a person should look at, whatever the search finds: a few huge records
STEEPEST = 10 * SAFE  # times base_lr: no rate teaches a net at first and still holds when it is so many times as large


def schedule_blockers(solver: Solver, findings: Iterable[Finding]) -> tuple[str, ...]:
    """Return what is wrong with the schedule and what to do about it: Caffe need not even start.

    Args:
        findings: of lint, without what only follows from a slip: at that, Caffe will stop.
    """
    found = tuple(_told(findings, SCHEDULE))
    if found or growth(solver) <= STEEPEST:
        return found
    raised = f'lr_policy "{solver.lr_policy}" raises the learning rate {growth(solver):.3g}-fold'
    where = f"until iteration {solver.max_iter}, where no net holds. What helps: a gamma below 1"
    return (f"{raised} {where}",)


def futile(findings: Iterable[Finding]) -> tuple[str, ...]:
    """Return what is wrong with the net that no candidate can help."""
    return tuple(_told(findings, FUTILE))


def deadly(findings: Iterable[Finding]) -> tuple[str, ...]:
    """Return what is wrong with the data that was looked at, of which Caffe itself may die."""
    return tuple(_told(findings, DATA))


def without_statistics(findings: Iterable[Finding]) -> tuple[str, ...]:
    """Return which layers take statistics that a training from scratch does not have, and what to do about it."""
    return tuple(_told(findings, UNSTORED))


def data_oddities(findings: Iterable[Finding]) -> tuple[str, ...]:
    """Return what is odd about the data that was looked at, though a search may help."""
    return tuple(_told(findings, ODD, Severity.WARNING))


def _told(findings: Iterable[Finding], codes: Collection[str], severity: Severity = Severity.ERROR) -> Iterator[str]:
    """Yield what these rules saw that is so severe, a sentence or two each."""
    for finding in findings:
        if finding.code in codes and finding.severity is severity and finding.remedy is not None:
            advice = " ".join(finding.remedy.advice.split())
            yield f"{finding.file}:{finding.line}: {finding.explanation} What helps: {advice}"
