"""H205: steps too small to get anywhere."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from autofix.debuginfo import quoted
from autofix.health.check import Check
from autofix.health.finding import Evidence, Finding, Remedy, Severity
from autofix.health.rates import faster, of_size
from autofix.health.view import View


class UpdateTooSmall(Check):
    """Even the weight that moves most hardly moves.

    Sick: every gradient is there, but lr x lr_mult x mean |gradient| / mean |weight| is below ``small`` in every layer,
    at the end as at the beginning: base_lr is too small, not the gradient.
    Well: it is around a thousandth in at least one layer.
    """

    code = "H205"
    title = "updates too small"
    severity = Severity.WARNING
    small: float = 3e-5  # of the weight an iteration; set on the half of studies/ for that, usual is a thousandth
    vanished: float = 1e-7  # mean |gradient| below which check H202 has more to say (SageMaker Debugger)
    rows: int = 20  # first and last iterations looked at, of which the median counts

    def examine(self, view: View) -> Iterator[Finding]:
        """Yield the layer that moves most."""
        if len(view) < self.rows or not np.isfinite(view.loss).all():
            return
        faded = any(np.median(view.gradient(weight)[-self.rows :]) < self.vanished for weight in view.weights)
        if faded:
            return  # the gradient is too small, not base_lr
        if max(self._updates(view, slice(self.rows)).values(), default=0.0) >= self.small:
            return  # the steps were large enough: the gradient has gone since, with the loss or the schedule
        updates = self._updates(view, slice(-self.rows, None))
        layer = max(updates, key=lambda name: updates[name], default="")
        if not layer or not 0 < updates[layer] < self.small:
            return
        factor = faster(updates[layer])
        small = "base_lr, or the clip_gradients that cuts each step," if self._is_clipped(view) else "base_lr"
        yield self.finding(
            f"No weight changes by more than {updates[layer]:.1g} of its size an iteration (layer {quoted(layer)}): "
            f"{small} is far smaller than it could be.",
            layer=layer,
            iteration=int(view.trace.iterations[-1]),
            evidence=(Evidence("update", updates[layer], "of the weight an iteration"),),
            remedy=Remedy(
                f"raise base_lr {float(f'{factor:.2g}'):g}-fold: the weights of {quoted(layer)} then change by "
                f"{of_size(factor * updates[layer])}",
                base_lr_factor=factor,
            ),
        )

    def _is_clipped(self, view: View) -> bool:
        """Whether most steps were cut."""
        return len(view) > 0 and float(np.isfinite(view.trace.clip_scale).mean()) > 0.5

    def _updates(self, view: View, rows: slice) -> dict[str, float]:
        """The median update of each layer over some steps."""
        return {weight.layer: float(np.median(view.update(weight)[rows])) for weight in view.weights}
