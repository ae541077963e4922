"""What a solver's schedule makes of its base_lr: SGDSolver::GetLearningRate of Caffe 1.0."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import exp, inf, isfinite, nan

from autofix.model.solver import Solver

_LOOKS = 200  # iterations at which a schedule is looked at for its highest rate


def rate(solver: Solver, iteration: int) -> float | None:
    """The learning rate at an iteration; None for a schedule that Caffe does not know or would stop at."""
    factor = _FACTORS.get(solver.lr_policy)
    try:
        return solver.base_lr * factor(solver, iteration) if factor is not None else None
    except ZeroDivisionError:
        return None
    except OverflowError:
        return inf


def _power(base: float, exponent: float) -> float:
    """As C has it: a root of a negative number is not a number."""
    return base**exponent if base >= 0 or exponent == int(exponent) else nan


def _steps(solver: Solver, iteration: int) -> int:
    """The step values that lie behind: Caffe waits for them in the order of the file, one an iteration."""
    count, passed = 0, -inf
    for value in solver.stepvalues:
        passed = max(passed + 1, value)
        count += passed <= iteration
    return count


_FACTORS: Mapping[str, Callable[[Solver, int], float]] = {
    "fixed": lambda _, __: 1.0,
    "step": lambda solver, iteration: _power(solver.gamma, iteration // solver.stepsize),
    "multistep": lambda solver, iteration: _power(solver.gamma, _steps(solver, iteration)),
    "exp": lambda solver, iteration: _power(solver.gamma, iteration),
    "inv": lambda solver, iteration: _power(1 + solver.gamma * iteration, -solver.power),
    "poly": lambda solver, iteration: _power(1 - iteration / solver.max_iter, solver.power),
    "sigmoid": lambda solver, iteration: 1 / (1 + exp(-solver.gamma * (iteration - solver.stepsize))),
}


def growth(solver: Solver) -> float:
    """How many times base_lr the schedule reaches within max_iter; 1 where it never rises, or is not known."""
    if solver.base_lr <= 0 or solver.lr_policy not in ("exp", "step", "multistep", "inv", "poly", "sigmoid"):
        return 1.0
    span = range(0, max(solver.max_iter, 1), max(1, solver.max_iter // _LOOKS))
    rates = (rate(solver, iteration) for iteration in (*span, max(solver.max_iter - 1, 0)))
    return max((one / solver.base_lr for one in rates if one is not None and isfinite(one)), default=1.0)
