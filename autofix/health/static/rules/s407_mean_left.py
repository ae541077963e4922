"""S407: input that is all on one side of zero."""

from __future__ import annotations

from collections.abc import Iterator

from autofix.health.finding import Evidence, Finding, Severity
from autofix.health.static.graph import normalised, seen
from autofix.health.static.rule import Rule
from autofix.health.static.subject import Subject


class MeanLeft(Rule):
    """The mean of the input is not subtracted.

    Sick: the mean of an input is more than ``much`` of its standard deviation away from 0, no ``mean_value`` or
    ``mean_file`` is subtracted, and no batch normalisation takes care of it. The net learns more slowly for it.
    Well: the mean is subtracted; or it is small beside the spread, as with digits on black.
    """

    code = "S407"
    title = "mean not subtracted"
    severity = Severity.INFO
    much: float = 1.0  # standard deviations

    def examine(self, subject: Subject) -> Iterator[Finding]:
        """Yield the data layer of each such blob of TRAIN."""
        for net, data, top in subject.tops():
            if net is not subject.train or top.name not in data.features or data.layer is None:
                continue
            after = seen(net, data, top.name)
            if after is None or data.mean_subtracted or normalised(net, top.name):
                continue
            if abs(after.of(top.mean)) <= self.much * abs(after.scale) * top.std:
                continue
            what = f"The input {top.name} of layer {data.name} has mean {top.mean:.3g}, but spread {top.std:.3g}."
            way = f"write  mean_value: {top.mean:.3g}  in every phase" if data.transforms else "standardise the columns"
            values = Evidence("mean", top.mean), Evidence("standard deviation", top.std)
            yield self.finding(data.layer, what, way, blob=top.name, evidence=values)
