"""Gradients that are clipped to next to nothing, so that no step gets anywhere."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from autofix.debuginfo import first_bad
from autofix.health import Finding, Remedy, Severity, View
from autofix.health.finding import Evidence
from autofix.report.diagnosis.unlogged import SOUND

CODE = "D111"
LITTLE = 0.01  # what clipping leaves of the usual gradient; chosen: clipping is meant for the few that are too large
ROOM = 2.0  # times the usual norm, to clip at; as check H302 has it


def clipped_away(view: View) -> Iterator[Finding]:
    """Yield a finding if clipping leaves next to nothing of most gradients, and the loss is neither down nor up."""
    solver, trace = view.solver, view.trace
    if solver is None or solver.clip_gradients <= 0 or len(trace) < 2 or first_bad(trace) is not None:
        return
    left = float(np.median(np.nan_to_num(trace.clip_scale, nan=1.0)))
    loss = view.loss[np.isfinite(view.loss)]
    if not 0 < left < LITTLE or view.learning.began is not None or np.max(loss) > SOUND * abs(loss[0]):
        return  # large gradients, not a small limit, are at fault where the loss has risen
    usual = solver.clip_gradients / left
    limit = float(f"{ROOM * usual:.1g}")
    yield Finding(
        CODE,
        "gradients clipped away",
        Severity.WARNING,
        f"clip_gradients is {solver.clip_gradients:g}, but the norm of all gradients is {usual:.3g} as a rule: each "
        f"step is cut to {left:.2g} of its size.",
        iteration=int(trace.iterations[0]),
        evidence=(Evidence("left of a gradient", left), Evidence("usual norm", usual)),
        remedy=Remedy(
            f"raise clip_gradients from {solver.clip_gradients:g} to about {limit:g}, which is {ROOM:g} times the "
            "usual norm, or remove it",
            clip_gradients=limit,
        ),
    )
