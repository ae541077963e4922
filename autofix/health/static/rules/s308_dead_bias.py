"""S308: a bias that shuts its ReLU."""

from __future__ import annotations

from collections.abc import Iterator

from autofix.health.finding import Evidence, Finding, Severity
from autofix.health.static.rule import Rule
from autofix.health.static.subject import Subject


class DeadBias(Rule):
    """Biases start so far below zero that the ReLU behind them passes nothing.

    Sick: a ``bias_filler`` of ``low`` or less in a layer whose output goes through a ReLU: no signal, and no
    gradient that could lift it.
    Well: biases of 0, or slightly above.
    """

    code = "S308"
    title = "bias shuts the ReLU"
    severity = Severity.WARNING
    low: float = -2.0  # two standard deviations of what a well-drawn layer puts out

    def examine(self, subject: Subject) -> Iterator[Finding]:
        """Yield each such filler."""
        net = subject.train
        for layer in () if subject.pretrained else net.layers:
            filler = layer.bias_filler
            if filler is None or filler.written is None or filler.type != "constant" or filler.value > self.low:
                continue
            if any(after.type == "ReLU" for top in layer.tops for after, _ in net.consumers(top)):
                what = f"The biases of layer {layer.name} start at {filler.value:g}, and a ReLU follows."
                values = (Evidence("bias", filler.value),)
                yield self.finding(filler.written, what, "write  value: 0", layer=layer, evidence=values)
