"""S304: a uniform filler of Caffe's default range."""

from __future__ import annotations

from collections.abc import Iterator

from autofix.health.finding import Evidence, Finding, Remedy
from autofix.health.static.graph import random_stds
from autofix.health.static.rule import Rule
from autofix.health.static.subject import Subject


class UniformRange(Rule):
    """A uniform weight_filler does not say its range, which is then 0 to 1, or says it the wrong way round.

    Sick: ``weight_filler { type: "uniform" }`` without ``min`` and ``max``: all weights are positive and their sums
    grow with the number of inputs, layer by layer. At a ``min`` above ``max`` Caffe stops.
    Well: a range around 0, such as ``min: -0.08 max: 0.08``; or "xavier", which works it out.
    """

    code = "S304"
    title = "no usable range"

    def examine(self, subject: Subject) -> Iterator[Finding]:
        """Yield each such filler."""
        for layer in () if subject.pretrained else subject.train.layers:
            filler = layer.weight_filler
            if filler is None or filler.written is None or filler.type != "uniform":
                continue
            unranged = "min" not in filler.written and "max" not in filler.written
            if unranged and layer in subject.train.drawn:
                effect = "no min and max: its weights lie from 0 to 1"
            elif filler.min > filler.max:
                effect = f"min {filler.min:g} above max {filler.max:g}: Caffe stops"
            else:
                continue
            what = f"The uniform weight_filler of layer {layer.name} has {effect}."
            stds = random_stds(subject, layer)
            half = stds.get(layer.name, 0.01) * 3**0.5
            remedy = Remedy(f"write  min: {-half:.2g} max: {half:.2g}", filler_stds=stds)
            yield self.finding(
                filler.written,
                what,
                remedy,
                layer=layer,
                evidence=(Evidence("mean weight", (filler.min + filler.max) / 2),),
            )
