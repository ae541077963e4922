"""What the solver's text tells of how long a training goes on, and how its learning rate will."""

from __future__ import annotations

from collections.abc import Iterator

from autofix.health import Finding, Remedy, Severity, View
from autofix.health.finding import Evidence
from autofix.model import growth

GROWS, ENDS = "D109", "D110"
FAR = 10.0  # times base_lr; schedules that sound trainings have do not rise at all


def scheduled(view: View) -> Iterator[Finding]:
    """Yield a finding for a rate that is to rise far, and for a training that has no iterations to train."""
    solver, trace = view.solver, view.trace
    if solver is None or not len(trace):
        return
    times = growth(solver)
    if times >= FAR:
        yield Finding(
            GROWS,
            "learning rate grows",
            Severity.WARNING,
            f'With lr_policy "{solver.lr_policy}" and gamma {solver.gamma:g} the learning rate grows to {times:.3g} '
            f"times base_lr until max_iter, {solver.max_iter}. No training is stable at every rate.",
            iteration=int(trace.iterations[0]),
            evidence=(Evidence("growth", times, "times base_lr"),),
            remedy=Remedy("set gamma below 1, so that the learning rate falls"),
        )
    if trace.finished and solver.max_iter <= 0 and trace.iterations[-1] == 0:
        yield Finding(
            ENDS,
            "no max_iter",
            Severity.ERROR,
            "The solver has no max_iter, so Caffe ended before the first step: nothing was trained.",
            iteration=int(trace.iterations[-1]),
            remedy=Remedy("give the solver a max_iter, the number of iterations to train", searchable=False),
        )
