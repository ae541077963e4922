"""What to do in words with their numbers: base_lr as it is and as it is to be, and where a scale goes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from autofix.health import Remedy, View
from autofix.report.diagnosis.homes import where_to_scale

_LOWER = "lower base_lr:"  # as the remedies of checks have it


def with_numbers(kept: Sequence[tuple[Remedy, bool]], view: View, is_stable: bool) -> Iterator[str]:
    """Yield the advice; a base_lr that is to be changed is told with what it is to be.

    Args:
        kept: remedies in their order, each with whether it mends what was there before the first step.
        is_stable: the rate does well as it is, though a step was large.
    """
    rate, has_cause, waits = _base_lr(view), False, list[float]()
    for remedy, is_cause in kept:
        factor = remedy.base_lr_factor
        if factor is not None and has_cause:
            waits.append(factor)
        elif factor is None or rate is None:
            yield remedy.advice + where_to_scale(remedy, view.net)
        elif factor < 1:
            lower = f"{_LOWER[:-1]} from {rate:.3g} to about {_rounded(rate * factor)}:"
            yield remedy.advice.replace(_LOWER, f"should it go wrong later, {lower}" if is_stable else lower)
        else:
            yield remedy.advice.replace("base_lr", f"base_lr from {rate:.3g} to about {_rounded(rate * factor)},", 1)
        has_cause = has_cause or is_cause
    if waits:
        yield _afterwards(rate, waits[0] < 1)


def _afterwards(rate: float | None, lower: bool) -> str:
    """What is said of base_lr where the steps are large, or small, because something else is.

    Args:
        lower: they are large.
    """
    now = f" ({rate:.3g})" if rate is not None else ""
    if lower:
        then = "Lower it, to a third each time, only if the training still goes wrong then"
    else:
        then = "Then train some iterations and diagnose their log, which tells whether to raise it"
    return f"leave base_lr{now} as it is at first: mending the above changes how large the steps are. {then}"


def _rounded(value: float) -> str:
    return f"{float(f'{value:.2g}'):g}"


def _base_lr(view: View) -> float | None:
    """The base_lr, as the solver or the first iteration tells it; None where neither does."""
    if view.solver is not None and view.solver.base_lr > 0:
        return view.solver.base_lr
    rates = view.trace.lr[np.isfinite(view.trace.lr) & (view.trace.iterations == 0)]
    return float(rates[0]) if len(rates) and rates[0] > 0 else None
