"""How far each step goes, and how much slower it should go."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from autofix.debuginfo import quoted
from autofix.health.finding import Remedy
from autofix.health.view import View

WANTED = 3e-3  # of the weight an iteration, for the weight that moves most; about 1e-3 is usual (CS231n notes)
# Bounds of the factor on base_lr that one remedy may ask for: chosen, not fitted. The search goes on from there.
MILDEST, HARSHEST, BOLDEST = 0.3, 1e-4, 1e4
UNKNOWN = 0.1  # the factor where no update is logged: the usual first try
CAREFUL = 0.1  # share of `WANTED` that a raised base_lr aims at: gradients grow once learning begins


@dataclass(frozen=True, slots=True)
class LargestUpdate:
    """The weight that one step changed most: ``share`` of its size."""

    layer: str
    iteration: int
    share: float


def largest_update(view: View) -> LargestUpdate | None:
    """Return the largest finite update of the trace, or None where none was logged."""
    found = None
    for weight in view.weights:
        update = view.update(weight)
        finite = np.flatnonzero(np.isfinite(update))
        if len(finite):
            row = int(finite[np.argmax(update[finite])])
            if found is None or update[row] > found.share:
                found = LargestUpdate(weight.layer, int(view.step_iterations[row]), float(update[row]))
    return found


def slower(view: View) -> tuple[float, str]:
    """Return the factor on base_lr that would bring the first large update down to `WANTED`, and why in words.

    The first iteration's update is what counts: later ones are the trouble's, not its cause's.
    """
    if (raised := _raised(view)) is not None:
        return raised
    first = [(float(update[0]), weight.layer) for weight in view.weights if len(update := view.update(weight))]
    known = [pair for pair in first if np.isfinite(pair[0]) and pair[0] > 0]
    if not known:
        return UNKNOWN, "a tenth is the usual first try"
    share, layer = max(known)
    begins = int(view.step_iterations[0])
    step = f"the step of iteration {begins}, the first in the log," if begins else "the first step"
    if share < WANTED:
        return MILDEST, f"a third is a mild first try, as {step} is small ({share:.2g} of the weights)"
    factor = min(MILDEST, max(HARSHEST, WANTED / share))
    return factor, f"{step} changes the weights of {quoted(layer)} by {of_size(share)}"


def _raised(view: View) -> tuple[float, str] | None:
    """The same where a training was resumed with a larger rate: the one it had, if all was finite with that."""
    runs, lr = view.trace.runs, view.trace.lr
    row = runs[-1].row if runs else 0
    if not 0 < row < len(lr) or not 0 < lr[row - 1] < lr[row] or not np.isfinite(view.loss[:row]).all():
        return None
    until = view.trace.iterations[row - 1]
    return float(lr[row - 1] / lr[row]), f"that is what it was until iteration {until}, before the training was resumed"


def of_size(share: float) -> str:
    """Return a share of the weights in words: "2.2 times their size", "10 % of their size"."""
    if share >= 1:
        return f"{float(f'{share:.2g}'):g} times their size"
    return f"{float(f'{100 * share:.2g}'):g} % of their size" if share >= 1e-4 else f"{share:.2g} of their size"


def slowed(view: View) -> Remedy | None:
    """Return the remedy for weights that large steps threw out of where they were; None where no step was large."""
    largest = largest_update(view)
    if largest is not None and largest.share < WANTED:
        return None
    factor, because = slower(view)
    return Remedy(f"lower base_lr: {because}", base_lr_factor=factor)


def faster(share: float) -> float:
    """Return the factor on base_lr that would bring an update of ``share`` of its weight to a tenth of `WANTED`.

    Gradients grow once learning begins, so the first step upwards is a careful one.
    """
    return min(BOLDEST, CAREFUL * WANTED / share)
