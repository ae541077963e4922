"""S307: weights drawn far too wide."""

from __future__ import annotations

from collections.abc import Iterator
from math import sqrt

from autofix.health.finding import Evidence, Finding, Remedy, Severity
from autofix.health.static.graph import fan_in, random_stds
from autofix.health.static.rule import Rule
from autofix.health.static.subject import Subject


class WideWeights(Rule):
    """A layer multiplies its signal when training starts.

    Sick: std x sqrt(inputs of each output) is above ``large``: the outputs are so many times as large as the
    inputs, and every layer after multiplies again, as does the gradient on its way back. Judged where the number of
    inputs is known from the prototxts and the data.
    Well: a gain of about 1, as "xavier" and "msra" give (He et al. 2015).
    """

    code = "S307"
    title = "weights drawn too wide"
    severity = Severity.WARNING
    large: float = 8.0  # gain of one layer

    def examine(self, subject: Subject) -> Iterator[Finding]:
        """Yield each such filler."""
        for layer in () if subject.pretrained else subject.train.refillable:
            filler, inputs = layer.weight_filler, fan_in(subject, layer)
            written = filler.written if filler is not None else None
            if filler is None or written is None or inputs is None or len(written.fields) < 2:
                continue  # S303 and S304 speak of those left at Caffe's defaults
            gain = filler.std_for(inputs, inputs, layer.num_output) * sqrt(inputs)
            if gain > self.large:
                what = f"Layer {layer.name} makes its signal about {gain:.0f} times as large as it comes in."
                stds = random_stds(subject, layer)
                remedy = Remedy(f'draw with  std: {stds[layer.name]:g}, or  type: "msra"', filler_stds=stds)
                yield self.finding(written, what, remedy, layer=layer, evidence=(Evidence("gain", gain),))
