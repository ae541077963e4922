"""How far one update moves a weight blob, told from the mean size of its gradient.

The logs hold one number for a whole blob, so each solver's formula (src/caffe/solvers/*.cpp of Caffe 1.0) is followed
with mean |g| in the place of every element's g. A step is what one gradient is worth, without momentum; `coasting`
tells what momentum still brings of the steps so far.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TypeAlias

import numpy as np

from autofix.health.learning import Floats
from autofix.model import Solver


def steps(solver: Solver | None, rate: Floats, gradient: Floats) -> Floats:
    """Return mean |step|, ``[S]``.

    Args:
        solver: None where the log starts after its text: plain gradient descent is assumed.
        rate: lr x lr_mult, ``[S]``.
        gradient: mean |gradient| as accumulated over iter_size, ``[S]``, each row one iteration after the last.
    """
    one = gradient / (solver.iter_size if solver is not None else 1)
    share = SHARES.get(solver.type) if solver is not None else None
    with np.errstate(all="ignore"):
        return np.asarray(rate * (one if share is None or solver is None else share(solver, one)))


def coasting(solver: Solver | None, step: Floats) -> float:
    """Return how far momentum would yet move the weights, at most, if all gradients were zero from now on.

    It is exact where the steps so far all point the same way: SGD and Nesterov sum them up, Adam averages them, and
    what they have gathered fades by the factor of the momentum each iteration.

    Args:
        step: as from `steps`, each row one iteration after the last.
    """
    momentum = solver.momentum if solver is not None and solver.type in (*SUMMING, "Adam") else 0.0
    if solver is None or momentum <= 0 or not len(step):
        return 0.0
    if momentum >= 1:
        return math.inf if step.any() else 0.0
    gathered = float(_decaying(step, momentum)[-1]) * momentum / (1 - momentum)
    return gathered * summed(solver)


def summed(solver: Solver | None) -> float:
    """Return what a steady gradient's steps add up to, in steps: 1/(1 - momentum) where momentum sums them."""
    if solver is None or solver.type not in SUMMING:
        return 1.0
    return 1 / (1 - solver.momentum) if solver.momentum < 1 else math.inf


def _adagrad(solver: Solver, gradient: Floats) -> Floats:
    return np.asarray(gradient / (np.sqrt(np.cumsum(gradient**2)) + solver.delta))


def _rmsprop(solver: Solver, gradient: Floats) -> Floats:
    return np.asarray(gradient / (np.sqrt(_decaying(gradient**2, solver.rms_decay)) + solver.delta))


def _adam(solver: Solver, gradient: Floats) -> Floats:
    """With the second moment alone: the first is what momentum is to the others."""
    corrected = 1 - solver.momentum2 ** np.arange(1, len(gradient) + 1)
    return np.asarray(gradient / (np.sqrt(_decaying(gradient**2, solver.momentum2) / corrected) + solver.delta))


def _adadelta(solver: Solver, gradient: Floats) -> Floats:
    rho, delta, moved = solver.momentum, solver.delta, 0.0
    found = np.empty_like(gradient)
    for row, (one, size) in enumerate(zip(gradient, _decaying(gradient**2, rho), strict=True)):
        found[row] = one * np.sqrt((delta + moved) / (delta + size))
        moved = rho * moved + (1 - rho) * found[row] ** 2
    return found


SUMMING = ("SGD", "Nesterov")  # solvers whose momentum adds steps up
Share: TypeAlias = Callable[[Solver, Floats], Floats]
SHARES: Mapping[str, Share] = {"AdaGrad": _adagrad, "RMSProp": _rmsprop, "Adam": _adam, "AdaDelta": _adadelta}


def _decaying(values: Floats, decay: float) -> Floats:
    """Each value's running mean: decay x mean + (1 - decay) x value, from 0."""
    mean, found = 0.0, np.empty_like(values)
    for row, value in enumerate(values):
        mean = decay * mean + (1 - decay) * value
        found[row] = mean
    return found
