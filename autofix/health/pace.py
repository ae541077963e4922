"""How a loss and its gradients move on: whether one still falls, and which weight moves least."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from autofix.health.learning import Floats
from autofix.health.view import View, Weight

# Set on the half of studies/ for that, unless another source is named.
ROWS, LEAST = 40, 10  # last iterations that a trend is told from, and how many of them it needs
PART = 5  # least iterations of each of the two parts that are compared
WELL = 0.5  # share of the constant answer below which every record may be answered well
SIGMAS, DROP = 3.0, 0.01  # standard errors (the usual three), and share of the part before, that a loss falls by


@dataclass(frozen=True, slots=True)
class Pace:
    """How a weight moves, over the last `ROWS` iterations: medians of its mean |gradient| and of its update.

    Args:
        growth: of the gradient, an iteration, in natural logs.
        update: share of the weight an iteration (see `View.update`).
        coasting: share of the weight that momentum alone would yet move it by (see `View.coasting`).
    """

    layer: str
    gradient: float
    growth: float
    update: float
    coasting: float


def paces(view: View) -> tuple[Pace, ...]:
    """Return the pace of every weight that is logged, in net order."""
    return tuple(_pace(view, weight) for weight in view.weights)


def _pace(view: View, weight: Weight) -> Pace:
    gradient = view.gradient(weight)[-ROWS:]
    update = float(np.median(view.update(weight)[-ROWS:]))
    return Pace(weight.layer, float(np.median(gradient)), growth(gradient), update, view.coasting(weight))


def slowest(view: View) -> Pace | None:
    """Return the weight that moves least, or None where none is logged."""
    return min(paces(view), key=lambda pace: pace.update, default=None)


def silent(view: View, rows: int, coasting: float) -> bool:
    """Return whether no weight got any gradient in the last ``rows`` steps, and momentum carries none far.

    Args:
        coasting: share of a weight that momentum alone may yet move it by.
    """
    if not view.weights or len(view.steps) < rows:
        return False
    if any(np.any(view.gradient(weight)[-rows:]) for weight in view.weights):
        return False
    return all(view.coasting(weight) <= coasting for weight in view.weights)


def answered_well(view: View, rows: int) -> bool:
    """Return whether no gradient was handed back in the last ``rows`` steps because no record was answered badly.

    A hinge loss ends at 0, and its gradient with it.
    """
    columns = [column for column, key in enumerate(view.trace.keys) if key.kind == "diff" and key.role != "update"]
    steps = view.steps[-rows:]
    handed_back = np.nan_to_num(view.trace.values[steps][:, columns])
    return not handed_back.any() and bool(np.all(view.loss[steps] < WELL * abs(view.learning.answer)))


def fading_bias(view: View, layer: str) -> float:
    """Return by what share a layer's biases shrink, an iteration: what weight decay does to a layer at rest."""
    key = view.trace.param_data(layer, 1)
    sizes = view.trace.series(key)[-ROWS:] if key is not None else np.zeros(0)
    return -growth(sizes) if len(sizes) > 1 else 0.0


def growth(values: Floats) -> float:
    """Growth per row in natural logs: the slope of a straight line fitted to ln of the positive values; 0 for few."""
    rows = np.flatnonzero(values > 0)
    if len(rows) < LEAST:
        return 0.0
    return float(np.polyfit(rows, np.log(values[rows]), 1)[0])


def still_falling(loss: Floats) -> bool:
    """Whether the last third of the losses lies clearly below the third before it, by `SIGMAS` and by `DROP`."""
    third = len(loss) // 3
    if third < PART:
        return False
    before, after = loss[-2 * third : -third], loss[-third:]
    error = np.sqrt((before.var() + after.var()) / third)
    return bool(before.mean() - after.mean() > max(SIGMAS * error, DROP * abs(before.mean())))
