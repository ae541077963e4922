"""S414: input scaled away."""

from __future__ import annotations

from collections.abc import Iterator

from autofix.health.finding import Evidence, Finding, Remedy, Severity
from autofix.health.static.graph import normalised, seen
from autofix.health.static.rule import Rule
from autofix.health.static.subject import Subject


class TinyInput(Rule):
    """The input is scaled down to next to nothing.

    Sick: after mean and scale, no value of an input is larger than ``small``, and no batch normalisation takes care
    of it. Often the data was scaled before it was written, and the layer scales it again.
    Well: input of about unit size.
    """

    code = "S414"
    title = "input next to nothing"
    severity = Severity.WARNING
    small: float = 0.05  # largest |value|

    def examine(self, subject: Subject) -> Iterator[Finding]:
        """Yield the data layer of each such blob of TRAIN."""
        for net, data, top in subject.tops():
            if net is not subject.train or data.layer is None or top.name not in data.features:
                continue
            after = seen(net, data, top.name)
            if after is None:
                continue
            ends = (0.0, top.maximum - top.minimum) if data.mean_file else (top.minimum, top.maximum)
            largest = max(abs(after.of(end)) for end in ends)
            if 0 < largest < self.small and not normalised(net, top.name):
                what = f"No value of the input {top.name} of layer {data.name} is larger than {largest:.2g}."
                factor = float(f"{1 / largest:.1g}")
                remedy = Remedy(f"scale it up by {factor:g} in every phase", input_scale_factor=factor)
                values = (Evidence("largest |x|", largest),)
                yield self.finding(data.layer, what, remedy, blob=top.name, evidence=values)
