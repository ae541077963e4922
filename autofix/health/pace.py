"""How a loss and its gradients move on: whether one still falls, and which weight moves least."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from autofix.health.learning import Floats
from autofix.health.view import View

ROWS = 40  # last iterations that a trend is told from


@dataclass(frozen=True, slots=True)
class Slowest:
    """The weight that moves least: its mean |gradient|, that gradient's growth, and its update (see `View.update`).

    Args:
        growth: an iteration, in natural logs.
    """

    layer: str
    gradient: float
    growth: float
    update: float


def slowest(view: View) -> Slowest | None:
    """Return the weight that moves least over the last `ROWS`, or None where none is logged."""
    found = None
    for weight in view.weights:
        update, gradient = float(np.median(view.update(weight)[-ROWS:])), view.gradient(weight)[-ROWS:]
        if found is None or update < found.update:
            found = Slowest(weight.layer, float(np.median(gradient)), growth(gradient), update)
    return found


def growth(values: Floats) -> float:
    """Growth per row in natural logs: the slope of a straight line fitted to ln of the positive values; 0 for few."""
    rows = np.flatnonzero(values > 0)
    if len(rows) < 10:
        return 0.0
    return float(np.polyfit(rows, np.log(values[rows]), 1)[0])


def still_falling(loss: Floats) -> bool:
    """Whether the last third of the losses lies clearly below the third before it: three standard errors, and 1 %."""
    third = len(loss) // 3
    if third < 5:
        return False
    before, after = loss[-2 * third : -third], loss[-third:]
    error = np.sqrt((before.var() + after.var()) / third)
    return bool(before.mean() - after.mean() > max(3 * error, 0.01 * abs(before.mean())))
