"""What is wrong with a schedule and needs a person's hand: no candidate can help, so that Caffe need not even start."""

from __future__ import annotations

from autofix.health import Severity
from autofix.health.static import Subject, all_rules
from autofix.model import Training, growth
from autofix.search.range_test import SAFE

SCHEDULE = ("S103", "S104", "S105", "S106", "S107", "S109")  # rules of lint about a schedule that Caffe cannot follow
STEEPEST = 10 * SAFE  # times base_lr: no rate teaches a net at first and still holds when it is so many times as large


def blockers(training: Training) -> tuple[str, ...]:
    """Return what is wrong and what to do about it, one sentence or two each."""
    subject = Subject(training, {}, {})
    rules = (rule for rule in all_rules() if rule.code in SCHEDULE)
    found = [
        f"{finding.file}:{finding.line}: {finding.explanation} What helps: {finding.remedy.advice}"
        for rule in rules
        for finding in rule.examine(subject)
        if finding.severity is Severity.ERROR and finding.remedy is not None
    ]
    solver = training.solver
    if not found and growth(solver) > STEEPEST:
        found.append(
            f'lr_policy "{solver.lr_policy}" raises the learning rate {growth(solver):.3g}-fold until iteration '
            f"{solver.max_iter}, where no net holds. What helps: a gamma below 1"
        )
    return tuple(found)
