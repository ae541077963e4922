"""S402: means that do not fit the data."""

from __future__ import annotations

from collections.abc import Iterator

from autofix.health.finding import Finding
from autofix.health.static.rule import Rule, place
from autofix.health.static.subject import Subject


class Mean(Rule):
    """The mean to subtract is given twice, or not for each channel.

    Sick: ``mean_file`` beside ``mean_value``; or several ``mean_value`` that are not as many as the data has
    channels. Caffe stops.
    Well: one ``mean_file``, or one ``mean_value``, or one for each channel.
    """

    code = "S402"
    title = "means that do not fit"

    def examine(self, subject: Subject) -> Iterator[Finding]:
        """Yield the line of each."""
        for _, data in subject.inputs:
            if data.layer is None:
                continue
            if data.mean_file and data.mean_values:
                what = f"Layer {data.name} has a mean_file and a mean_value: Caffe stops."
                yield self.finding(place(data.layer, "mean_value"), what, "keep one of the two", layer=data.layer)
            top, count = subject.top(data, data.tops[0]), len(data.mean_values)
            channels = top.shape[0] if top is not None and top.shape else 0
            if channels and count > 1 and count != channels:
                what = f"Layer {data.name} has {count} mean_value for data of {channels} channels: Caffe stops."
                advice = f"write one mean_value, or {channels}"
                yield self.finding(place(data.layer, "mean_value"), what, advice, layer=data.layer)
