"""What needs a person's hand: a schedule that Caffe cannot follow, nothing that learns, data at fault, odd data."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

from autofix.debuginfo import listed, quoted
from autofix.health import Severity
from autofix.health.static import Subject, all_rules, examined
from autofix.health.static.rules.s306_stored_statistics import ADVICE, forced
from autofix.model import Training, growth
from autofix.prototxt import shown
from autofix.search.range_test import SAFE

SCHEDULE = ("S103", "S104", "S105", "S106", "S107", "S109")  # rules of lint about a schedule that Caffe cannot follow
DATA = ("S405", "S408")  # about data that teaches nothing, and that Caffe may die of: labels out of range, NaN
FUTILE = ("S208",)  # about a net that learns nothing: it has no loss, or no weight that is free
ODD = ("S417",)  # and about data that a person should look at, whatever the search finds: a few huge records
STEEPEST = 10 * SAFE  # times base_lr: no rate teaches a net at first and still holds when it is so many times as large


def schedule_blockers(training: Training) -> tuple[str, ...]:
    """Return what is wrong with the schedule and what to do about it: Caffe need not even start."""
    found, solver = tuple(_told(Subject(training, {}, {}), SCHEDULE)), training.solver
    if found or growth(solver) <= STEEPEST:
        return found
    raised = f'lr_policy "{solver.lr_policy}" raises the learning rate {growth(solver):.3g}-fold'
    where = f"until iteration {solver.max_iter}, where no net holds. What helps: a gamma below 1"
    return (f"{raised} {where}",)


def futile(subject: Subject) -> tuple[str, ...]:
    """Return what is wrong with the net that no candidate can help."""
    return tuple(_told(subject, FUTILE))


def deadly(subject: Subject) -> tuple[str, ...]:
    """Return what is wrong with the data that was looked at, of which Caffe itself may die."""
    return tuple(_told(subject, DATA))


def without_statistics(training: Training) -> tuple[str, ...]:
    """Return which layers take statistics that a training from scratch does not have, and what to do about it."""
    found = () if Subject(training, {}, {}).pretrained else tuple(forced(training.train, stored=True))
    if not found:
        return ()
    line, names = found[0][1], listed(quoted(layer.name) for layer, _ in found)
    where = f"{shown(line.source.path or Path('-'))}:{line.line}"
    what = f"BatchNorm takes stored statistics while it trains, and there are none (in {names})"
    return (f"{where}: {what}. What helps: {ADVICE}",)


def data_oddities(subject: Subject) -> tuple[str, ...]:
    """Return what is odd about the data that was looked at, though a search may help."""
    return tuple(_told(subject, ODD, Severity.WARNING))


def _told(subject: Subject, codes: Collection[str], severity: Severity = Severity.ERROR) -> Iterator[str]:
    """Yield what these rules see that is so severe, a sentence or two each."""
    for rule in all_rules():
        for finding in examined(rule, subject) if rule.code in codes else ():
            if finding.severity is severity and finding.remedy is not None:
                advice = " ".join(finding.remedy.advice.split())
                yield f"{finding.file}:{finding.line}: {finding.explanation} What helps: {advice}"
