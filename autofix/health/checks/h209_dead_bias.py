"""H209: biases that shut a ReLU from the start."""

from __future__ import annotations

from collections.abc import Iterator

from autofix.health.check import Check
from autofix.health.finding import Evidence, Finding, Remedy, Severity
from autofix.health.view import View
from autofix.model import Layer, Net


class DeadBias(Check):
    """Biases start so far below zero that the ReLU behind them passes nothing.

    Sick: a constant bias_filler of ``low`` or less in a layer whose output a ReLU cuts, or a sigmoid flattens: no
    signal, and no gradient that could lift it.
    Well: biases start at 0 or slightly above.
    """

    code = "H209"
    title = "biases shut the layer"
    severity = Severity.WARNING
    low: float = -2.0  # two standard deviations of what a layer puts out whose weights keep its signal
    cutting: tuple[str, ...] = ("ReLU", "Sigmoid")

    def examine(self, view: View) -> Iterator[Finding]:
        """Yield one finding for all such layers."""
        net = view.net
        if net is None or view.pretrained:
            return
        shut = {layer.name: value for layer in net.layers if (value := self._shut(net, layer)) is not None}
        if not shut:
            return
        worst = min(shut, key=lambda name: shut[name])
        yield self.finding(
            f"The biases of layer {worst} start at {shut[worst]:g}, and what follows passes nothing on from there.",
            layer=worst,
            blob="1",
            iteration=int(view.trace.iterations[0]),
            evidence=(Evidence("bias", shut[worst]),),
            remedy=Remedy("let the biases start at 0", biases=dict.fromkeys(shut, 0.0)),
        )

    def _shut(self, net: Net, layer: Layer) -> float | None:
        """The layer's bias, if it is that low and something follows that it shuts."""
        filler = layer.bias_filler
        if filler is None or filler.written is None or filler.type != "constant" or filler.value > self.low:
            return None
        after = (reader.type for top in layer.tops for reader, _ in net.consumers(top))
        return filler.value if any(kind in self.cutting for kind in after) else None
