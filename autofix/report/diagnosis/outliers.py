"""Batches of input that are far out of line: no setting is at fault for what they do."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from autofix.debuginfo import BlobKey, quoted
from autofix.health import Finding, Remedy, Severity, View
from autofix.health.finding import Evidence

CODE = "D104"
TIMES = 10.0  # the median of a blob's mean |x| over the log; chosen: sound trainings of the corpus stay below 4
# Iterations: from 3 on, no window of the sound probes is told wrongly, and each with an outlying batch is told
# (studies/results/few.md); with 5 even two odd ones leave the median to the others.
LEAST = 5
_REMEDY = Remedy("look at the data first: `autofix lint SOLVER` finds records with values far larger than the others'")


def outlying_batches(view: View) -> Iterator[Finding]:
    """Yield a finding for each input blob that was many times its usual size in an iteration."""
    for entry in view.inputs:
        sizes = view.trace.series(BlobKey(entry.layer, entry.blob, "top", "data"))
        sound = np.isfinite(sizes)
        usual = float(np.median(sizes[sound])) if sound.sum() >= LEAST else 0.0
        rows = np.flatnonzero(sound & (sizes > TIMES * usual))
        if usual == 0 or not len(rows):
            continue
        iteration, size = int(view.trace.iterations[rows[0]]), float(sizes[rows[0]])
        more = f", as the first of {len(rows)} batches like that" if len(rows) > 1 else ""
        yield Finding(
            CODE,
            "a batch far out of line",
            Severity.WARNING,
            f"The input blob {quoted(entry.blob)} of layer {quoted(entry.layer)} has a mean |x| of {usual:.3g} as a "
            f"rule, but of {size:.3g} in iteration {iteration}{more}.",
            layer=entry.layer,
            blob=entry.blob,
            iteration=iteration,
            evidence=(Evidence("mean |x|", size), Evidence("usual mean |x|", usual)),
            remedy=_REMEDY,
        )
