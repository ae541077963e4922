"""S303: a gaussian filler without a std."""

from __future__ import annotations

from collections.abc import Iterator

from autofix.health.finding import Evidence, Finding, Remedy
from autofix.health.static.graph import random_stds
from autofix.health.static.rule import Rule
from autofix.health.static.subject import Subject


class GaussianStd(Rule):
    """A gaussian weight_filler does not say its std, which is then 1, or says 0.

    Sick: ``weight_filler { type: "gaussian" }``: with n inputs the outputs are the square root of n times as large,
    layer by layer. At a ``std`` of 0 Caffe stops.
    Well: a ``std``, such as 0.01; or a filler that works it out, "xavier" or "msra".
    """

    code = "S303"
    title = "no usable std"

    def examine(self, subject: Subject) -> Iterator[Finding]:
        """Yield each such filler."""
        for layer in () if subject.pretrained else subject.train.layers:
            filler = layer.weight_filler
            if filler is None or filler.written is None or filler.type != "gaussian":
                continue
            if "std" not in filler.written and layer in subject.train.drawn:
                effect = "no std, which is then 1"
            elif filler.std <= 0:
                effect = f"std {filler.std:g}: Caffe stops"
            else:
                continue
            what = f"The gaussian weight_filler of layer {layer.name} has {effect}."
            stds = random_stds(subject, layer)
            remedy = Remedy(f"write  std: {stds.get(layer.name, 0.01):g}", filler_stds=stds)
            yield self.finding(filler.written, what, remedy, layer=layer, evidence=(Evidence("std", filler.std),))
