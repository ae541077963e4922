"""H501: targets of a regression far from unit size."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from autofix.debuginfo import quoted
from autofix.health.check import Check
from autofix.health.finding import Evidence, Finding, Remedy, Severity
from autofix.health.view import View


class LargeTargets(Check):
    """A regression aims at large numbers, and its gradient is as large as they are.

    Sick: the mean |x| of the targets of a regression loss (EuclideanLoss and the like) is above ``large``.
    Well: they are about unit size.
    """

    code = "H501"
    title = "targets too large"
    severity = Severity.WARNING
    large: float = 10.0  # mean |x|; targets of unit variance have 0.8
    first: int = 5  # iterations looked at

    def examine(self, view: View) -> Iterator[Finding]:
        """Yield the largest targets."""
        targets = view.net.regression_targets if view.net is not None else ()
        sizes = [
            (float(np.nanmax(view.trace.values[: self.first, column])), key)
            for column, key in enumerate(view.trace.keys)
            if key.blob in targets and key.role == "top" and np.isfinite(view.trace.values[: self.first, column]).any()
        ]
        size, key = max(sizes, default=(0.0, None))
        if key is None or size <= self.large:
            return
        scale = float(f"{1 / size:.1g}")
        yield self.finding(
            f"The targets in blob {quoted(key.blob)} have a mean |x| of {size:.4g}; the gradient of the loss grows "
            "with them, and the squared loss with their square.",
            layer=key.layer,
            blob=key.blob,
            iteration=int(view.trace.iterations[0]),
            evidence=(Evidence("mean |x|", size),),
            remedy=Remedy(
                f"scale the targets by {scale:g} in every phase: their mean |x| is {size:.3g}, and should be about 1",
                target_scale_factor=scale,
            ),
        )
