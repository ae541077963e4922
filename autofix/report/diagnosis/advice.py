"""What to do about a training, of all the remedies that its findings ask for: none twice, none against another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from autofix.health import Finding, Remedy, View
from autofix.report.diagnosis.outliers import CODE as OUTLIERS

_LOWER = "lower base_lr:"  # as the remedies of checks have it
_NO_GRADIENT = ("H201", "H202")  # where nothing or next to nothing comes back, no rate makes a step of it


def advice(findings: Sequence[Finding], view: View) -> tuple[str, ...]:
    """Return what to do, the most urgent first.

    Args:
        findings: the most urgent first.
    """
    ordered = sorted(findings, key=lambda finding: finding.code != OUTLIERS)  # data is mended before settings are
    remedies = [finding.remedy for finding in ordered if finding.remedy is not None]
    is_slower = any((remedy.base_lr_factor or 1.0) < 1 for remedy in remedies)
    is_silent = any(finding.code in _NO_GRADIENT for finding in findings)
    kept = list[Remedy]()
    for remedy in remedies:
        is_faster = (remedy.base_lr_factor or 1.0) > 1
        if is_faster and (is_slower or is_silent or any((other.base_lr_factor or 1.0) > 1 for other in kept)):
            continue
        if not any(_says(other, remedy) for other in kept):
            kept.append(remedy)
    return tuple(_with_numbers(kept, view))


def _says(remedy: Remedy, other: Remedy) -> bool:
    """Whether a remedy already says what another one does."""
    if other.filler_stds:
        return other.filler_stds.items() <= remedy.filler_stds.items()
    return other.advice in remedy.advice


def _with_numbers(remedies: Sequence[Remedy], view: View) -> Iterator[str]:
    """The advice; a base_lr that is to be lowered is told, with what it is to be."""
    rate = _base_lr(view)
    for remedy in remedies:
        if remedy.base_lr_factor is None or rate is None:
            yield remedy.advice
        else:
            told = f"{_LOWER[:-1]} from {rate:.3g} to about {float(f'{rate * remedy.base_lr_factor:.2g}'):g}:"
            yield remedy.advice.replace(_LOWER, told)


def _base_lr(view: View) -> float | None:
    """The base_lr, as the solver or the first iteration tells it; None where neither does."""
    if view.solver is not None and view.solver.base_lr > 0:
        return view.solver.base_lr
    rates = view.trace.lr[np.isfinite(view.trace.lr) & (view.trace.iterations == 0)]
    return float(rates[0]) if len(rates) and rates[0] > 0 else None
