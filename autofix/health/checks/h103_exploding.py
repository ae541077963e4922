"""H103: magnitudes on their way to infinity."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from autofix.debuginfo import quoted
from autofix.health.check import Check
from autofix.health.finding import Evidence, Finding, Remedy
from autofix.health.rates import slower
from autofix.health.runaway import Growth
from autofix.health.view import View


class Exploding(Check):
    """Data or gradients grow without bound.

    Sick: a blob's mean absolute value passes 1e8 after growing a thousandfold, finite or not yet.
    Well: magnitudes stay within a few orders of where they began.
    """

    code = "H103"
    title = "exploding values"
    growth: Growth = Growth()  # from 1e8 on, and a thousandfold; the verdict's own

    def examine(self, view: View) -> Iterator[Finding]:
        """Yield the blob that got there first."""
        values = view.trace.values
        start = self.growth.start(values)
        wild = np.isfinite(values) & self.growth.wild(values)
        rows = np.flatnonzero(wild.any(axis=1))
        if not len(rows):
            return
        row = int(rows[0])
        column = int(np.flatnonzero(wild[row])[0])
        key = view.trace.keys[column]
        factor, because = slower(view)
        end = "unchecked, this ends in NaN" if wild[-1].any() else "it came back down later"
        yield self.finding(
            f"The {key.kind} of blob {quoted(key.blob)} of layer {quoted(key.layer)} has grown from "
            f"{start[column]:.3g} to {values[row, column]:.3g}; {end}.",
            layer=key.layer,
            blob=key.blob,
            iteration=int(view.trace.iterations[row]),
            evidence=(Evidence(f"mean |{key.kind}|", float(values[row, column])),),
            remedy=Remedy(f"lower base_lr: {because}", base_lr_factor=factor),
        )
