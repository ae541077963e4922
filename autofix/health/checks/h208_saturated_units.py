"""H208: sigmoid or tanh units at their ends."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from autofix.debuginfo import listed, quoted
from autofix.health.check import Check
from autofix.health.finding import Evidence, Finding, Remedy, Severity
from autofix.health.gains import BASIS, Gain, gains, wanted
from autofix.health.view import View

LARGE = 2.0  # mean |x| of an input; where weights keep the signal's size, the units get as much, and tanh(2) is 0.96


class SaturatedUnits(Check):
    """A layer of tanh or sigmoid units sits at the flat ends of its curve, where hardly any gradient passes.

    Sick: the mean |x| of a TanH layer's output is above ``tanh`` over the last ``rows`` iterations; or of a Sigmoid
    layer's, below ``sigmoid`` or above 1 - ``sigmoid``. Half of the units at 0 and half at 1 cannot be told from all
    at one half: a log has nothing but means.
    Well: outputs are spread over the curve.
    """

    code = "H208"
    title = "saturated units"
    severity = Severity.WARNING
    tanh: float = 0.95  # mean |x|; units of unit variance before the tanh have 0.63
    sigmoid: float = 0.02  # mean x; its slope there is 0.02, a twelfth of the steepest
    rows: int = 10  # iterations averaged over

    def examine(self, view: View) -> Iterator[Finding]:
        """Yield one finding for all such layers."""
        found = [pair for pair in self._means(view) if self._saturated(*pair)]
        if not found:
            return
        (kind, name), mean = found[0]
        drawn = gains(view)
        size = _largest_input(view) if drawn else None
        wide = [gain for gain in drawn if gain.off > 1]
        names = listed(quoted(layer) for (_, layer), _ in found)
        yield self.finding(
            f"The outputs of {names} are at {'one end' if kind == 'Sigmoid' else 'the ends'} of the {kind} curve "
            f"(mean |x| {mean:.3g} in {quoted(name)}), where its slope is next to nothing.",
            layer=name,
            iteration=int(view.trace.iterations[-1]),
            evidence=(Evidence("mean |x|", mean), Evidence("such layers", len(found))),
            remedy=Remedy(_advice(kind, wide, size), filler_stds={gain.layer: gain.keeping for gain in wide}),
        )

    def _means(self, view: View) -> Iterator[tuple[tuple[str, str], float]]:
        """Type and name of each such layer, with the mean |x| of its output over the last iterations."""
        for layer in view.net.layers if view.net is not None else ():
            if layer.type in ("TanH", "Sigmoid"):
                for key in view.trace.tops(layer.name):
                    values = view.trace.series(key)[-self.rows :]
                    if len(values) == self.rows:
                        yield (layer.type, layer.name), float(np.mean(values))

    def _saturated(self, what: tuple[str, str], mean: float) -> bool:
        if what[0] == "TanH":
            return mean > self.tanh
        return mean < self.sigmoid or mean > 1 - self.sigmoid


def _largest_input(view: View) -> float:
    """The largest mean |x| of an input."""
    return max((entry.size for entry in view.inputs), default=0.0)


def _advice(kind: str, wide: list[Gain], size: float | None) -> str:
    """What to do.

    Args:
        size: mean |x| of the input; None where the log does not tell how weights are drawn.
    """
    if kind == "Sigmoid":  # weights that are too wide alone would send half of the units to the other end
        return "find what holds all units at one end: biases that start far from 0, large steps, or large input"
    if wide:
        return f"draw smaller weights: std {wanted(wide)}; {BASIS}. Or scale the input down"
    if size is None:
        return "draw smaller weights, or scale the input down; the log does not tell how they are drawn"
    if size > LARGE:
        return f"scale the input down, whose mean |x| is {size:.3g}, or take smaller steps: the weights were drawn well"
    return f"take smaller steps: the weights were drawn well, and the input is not large (its mean |x| is {size:.3g})"
