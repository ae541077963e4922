"""H204: weights drawn so that the signal shrinks or grows from layer to layer."""

from __future__ import annotations

from collections.abc import Iterator

from autofix.debuginfo import quoted
from autofix.health.check import Check
from autofix.health.finding import Evidence, Finding, Remedy, Severity
from autofix.health.gains import gains
from autofix.health.view import View


class SignalSize(Check):
    """Weights are drawn far too small or far too large for the signal to keep its size.

    Sick: the std of a layer's weights is more than ``far`` times, or less than 1/``far`` of, the one that keeps the
    variance of the signal.
    Well: it lies between.
    """

    code = "H204"
    title = "weights drawn at the wrong size"
    severity = Severity.WARNING
    far: float = 3.0  # times the std; between those of Caffe's xavier and msra lies a factor of 1.4

    def examine(self, view: View) -> Iterator[Finding]:
        """Yield one finding for all such layers."""
        wrong = [gain for gain in gains(view) if not 1 / self.far <= gain.off <= self.far]
        if not wrong:
            return
        worst = max(wrong, key=lambda gain: max(gain.off, 1 / gain.off if gain.off else float("inf")))
        names = ", ".join(quoted(gain.layer) for gain in wrong)
        yield self.finding(
            f"The weights of {names} are drawn {'wider' if worst.off > 1 else 'narrower'} than a signal of constant "
            f"size needs; worst is {quoted(worst.layer)} with std {worst.std:.3g} where {worst.keeping:.3g} would keep "
            "it.",
            layer=worst.layer,
            evidence=(
                Evidence("std", worst.std),
                Evidence("std that keeps the signal", worst.keeping),
                Evidence("gain", worst.gain, "times the size of the input"),
            ),
            remedy=Remedy(
                "draw the weights so that the signal keeps its size",
                filler_stds={gain.layer: gain.keeping for gain in wrong},
            ),
        )
