"""What others would say of the same probes: rules with the thresholds that their authors published.

Each rule looks at a whole probe and returns after how many iterations it calls the training broken, or None.

- "NaN within N": what everybody looks for.
- "4x its best": the learning rate finder stops where the smoothed loss passes four times its best (S. Gugger, "How do
  you find a good learning rate", 2018; fastai): a running mean with factor 0.98, corrected for its start.
- SageMaker Debugger's built-in rules with their documented defaults (AWS developer guide, "List of Debugger built-in
  rules"): VanishingGradient 1e-7, ExplodingTensor, AllZero, WeightUpdateRatio 10 and 1e-8, LossNotDecreasing by 0.1 %
  over 10 steps. The update is taken as lr x mean |gradient| / mean |weight|, since a log does not hold the weights.
- AUTOTRAINER (Zhang et al., ICSE 2021; the released default_param): the first weight's gradient norm below 1e-3 of
  the last one's and below 1e-4, or above 70 of it; 70 % of all gradients zero; NaN or a loss of 1e5. It asks so only of
  trainings whose accuracy is below 0.7 after 30 % of the training; a log without accuracy has "learning has not
  begun" in its place. Its rules on the accuracy's wobble and growth cannot be asked of these logs.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from autofix.health import View
from autofix.health.learning import Floats, learning

Rule: TypeAlias = Callable[[View], "int | None"]
Bools: TypeAlias = "npt.NDArray[np.bool_]"

SMOOTH, BLOWN = 0.98, 4.0
VANISHED, LARGE, SMALL = 1e-7, 10.0, 1e-8
STEPS, DECREASE = 10, 0.001  # num_steps, and diff_percent as a share
RATIO_LOW, NORM_LOW, RATIO_HIGH, ZERO_SHARE, HUGE_LOSS = 1e-3, 1e-4, 70.0, 0.7, 1e5
JUDGMENT = 0.3  # of the training, after which AUTOTRAINER looks at gradients; here of the probe


def nan_within(count: int) -> Rule:
    def rule(view: View) -> int | None:
        return _first(~np.isfinite(view.loss[:count]))

    return rule


def four_times_best(view: View) -> int | None:
    mean, best = 0.0, math.inf
    for index, loss in enumerate(view.loss, 1):
        if not math.isfinite(loss):
            return index
        mean = SMOOTH * mean + (1 - SMOOTH) * float(loss)
        smooth = mean / (1 - SMOOTH**index)
        if index > 1 and smooth > BLOWN * best:
            return index
        best = min(best, smooth)
    return None


def sagemaker_tensors(view: View) -> int | None:
    """All of SageMaker's rules but the one on the loss."""
    return _earliest(_exploding(view), _vanishing(view), _update_ratio(view))


def sagemaker(view: View) -> int | None:
    return _earliest(sagemaker_tensors(view), _loss_not_decreasing(view))


def autotrainer(view: View) -> int | None:
    broken = ~np.isfinite(view.loss) | (view.loss >= HUGE_LOSS)
    return _earliest(_first(broken), _autotrainer_gradients(view))


RULES: Mapping[str, Rule] = {
    "NaN within 50": nan_within(50),
    "NaN within 400": nan_within(400),
    "loss above 4x its best": four_times_best,
    "SageMaker, tensors": sagemaker_tensors,
    "SageMaker, all": sagemaker,
    "AUTOTRAINER": autotrainer,
}


def _exploding(view: View) -> int | None:
    return _first((view.trace.logged & ~np.isfinite(view.trace.values)).any(axis=1) | ~np.isfinite(view.loss))


def _vanishing(view: View) -> int | None:
    """A mean below the threshold; a tensor that is all zero is below it as well."""
    if not view.weights:
        return None
    gradients = np.array([view.gradient(weight) for weight in view.weights])
    return _row(view, np.asarray((gradients < VANISHED).any(axis=0)))


def _update_ratio(view: View) -> int | None:
    if not view.weights:
        return None
    updates = np.array([view.update(weight) for weight in view.weights])
    return _row(view, np.asarray(((updates > LARGE) | (updates < SMALL)).any(axis=0)))


def _loss_not_decreasing(view: View) -> int | None:
    for later in range(STEPS, len(view), STEPS):
        now, before = float(view.loss[later]), float(view.loss[later - STEPS])
        if not before - now >= DECREASE * abs(before):
            return later + 1
    return None


def _autotrainer_gradients(view: View) -> int | None:
    if not view.weights:
        return None
    norms = [view.gradient(weight) * math.sqrt(_count(view, weight.layer)) for weight in view.weights]
    counts = np.array([_count(view, weight.layer) for weight in view.weights])
    zero = np.array([view.gradient(weight) == 0 for weight in view.weights])
    with np.errstate(all="ignore"):
        ratio = norms[0] / norms[-1]
    sick = ((ratio < RATIO_LOW) & (norms[0] < NORM_LOW)) | (ratio > RATIO_HIGH)
    sick |= (zero * counts[:, None]).sum(axis=0) / counts.sum() >= ZERO_SHARE
    for row in np.flatnonzero(sick):
        seen = int(view.steps[row]) + 1
        if seen >= JUDGMENT * 400 and not _has_begun(view.loss[:seen], view.facts.constant):
            return seen
    return None


def _has_begun(loss: Floats, constant: float | None) -> bool:
    return learning(loss[np.isfinite(loss)], constant).began is not None


def _count(view: View, name: str) -> int:
    """Weights of a layer: its outputs times the inputs of each; 1 where the log does not tell."""
    layer = next((layer for layer in view.net.layers if layer.name == name), None) if view.net else None
    bottoms = view.trace.bottoms.get(name, ())
    shape = next((shape for (_, blob), shape in view.trace.shapes.items() if bottoms and blob == bottoms[0]), ())
    if layer is None or len(shape) < 2:
        return 1
    inputs = shape[1] * math.prod(layer.kernel) if layer.kernel else math.prod(shape[1:])
    return max(1, (layer.num_output or 1) * inputs)


def _row(view: View, found: Bools) -> int | None:
    """From the backward passes to iterations counted from 1."""
    step = _first(found)
    return None if step is None else int(view.steps[step - 1]) + 1


def _first(found: Bools) -> int | None:
    return int(np.argmax(found)) + 1 if found.any() else None


def _earliest(*found: int | None) -> int | None:
    return min((one for one in found if one is not None), default=None)
