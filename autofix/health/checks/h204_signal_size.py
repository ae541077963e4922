"""H204: weights drawn so that the signal shrinks or grows from layer to layer."""

from __future__ import annotations

import math
from collections.abc import Iterator

from autofix.debuginfo import listed, quoted
from autofix.health.check import Check
from autofix.health.finding import Evidence, Finding, Remedy, Severity
from autofix.health.gains import BASIS, Gain, gains, wanted
from autofix.health.view import View

DRAWN, KEEPING = "std", "std that keeps the signal"  # evidence


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
        names = listed(quoted(gain.layer) for gain in wrong)
        which = f"; worst is {quoted(worst.layer)}" if len(wrong) > 1 else ","
        yield self.finding(
            f"The weights of {names} {_how(wrong)} than a signal of constant size needs{which} with std "
            f"{worst.std:.3g} where {worst.keeping:.3g} would keep it.",
            layer=worst.layer,
            evidence=tuple(_evidence(worst)),
            remedy=Remedy(
                f"draw the weights so that the signal keeps its size: std {wanted(wrong)}; {BASIS}",
                filler_stds={gain.layer: gain.keeping for gain in wrong},
            ),
        )


def _evidence(worst: Gain) -> Iterator[Evidence]:
    yield Evidence(DRAWN, worst.std)
    yield Evidence(KEEPING, worst.keeping)
    if math.isfinite(worst.gain):  # without debug_info only the net's text is known
        yield Evidence("gain", worst.gain, "times the size of the input")


def _how(wrong: list[Gain]) -> str:
    """How the weights start, in words that go before "than a signal of constant size needs"."""
    if not any(gain.std for gain in wrong):
        return "start all alike, and so narrower"
    return f"are drawn {' or '.join(dict.fromkeys('wider' if gain.off > 1 else 'narrower' for gain in wrong))}"
