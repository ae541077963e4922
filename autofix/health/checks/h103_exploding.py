"""H103: magnitudes on their way to infinity."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from autofix.debuginfo import FirstBad, first_bad, quoted
from autofix.health.blame import called
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
        """Yield the blob that got there first; what is large beside a NaN or behind it is not told."""
        values, bad = view.trace.values, first_bad(view.trace)
        start = self.growth.start(values)
        wild = np.isfinite(values) & self.growth.wild(values)
        if bad is not None:
            last = bad.iteration - (1 if bad.layer is not None else 0)  # a norm that overflows comes behind the blobs
            wild &= (view.trace.iterations <= last)[:, None]
        rows = np.flatnonzero(wild.any(axis=1))
        if not len(rows):
            return
        row = int(rows[0])
        column = int(np.flatnonzero(wild[row])[0])
        key = view.trace.keys[column]
        factor, because = slower(view)
        yield self.finding(
            f"The {called(key)} has grown from {start[column]:.3g} to {values[row, column]:.3g}; "
            f"{_what_followed(wild, bad)}.",
            layer=key.layer,
            blob=key.blob,
            iteration=int(view.trace.iterations[row]),
            evidence=(Evidence(f"mean |{key.kind}|", float(values[row, column])),),
            remedy=Remedy(f"lower base_lr: {because}", base_lr_factor=factor),
        )


def _what_followed(wild: npt.NDArray[np.bool_], bad: FirstBad | None) -> str:
    """What became of the explosion, in words."""
    if bad is not None:
        return f"in iteration {bad.iteration} {_what_ended(bad)}"
    return "unchecked, this ends in NaN" if wild[-1].any() else "it came back down later"


def _what_ended(bad: FirstBad) -> str:
    """Which number was no number any more, in words: not always the one that exploded."""
    is_now = f"is {'NaN' if np.isnan(bad.value) else 'infinite'}"
    if bad.layer is not None:
        owner = f"layer {quoted(bad.layer)}"
        what = "a gradient" if bad.kind == "diff" else "a weight" if bad.phase == "update" else "an output"
        return f"{what} of {owner} {is_now}"
    norm = "gradients" if bad.kind == "diff" else "weights"
    return f"the loss {is_now}" if bad.kind == "loss" else f"the norm of all {norm} {is_now}"
