"""S406: input far from unit size."""

from __future__ import annotations

from collections.abc import Iterator
from math import hypot

from autofix.caffe.tops import TopAudit
from autofix.health.finding import Evidence, Finding, Remedy, Severity
from autofix.health.static.graph import normalised, power_behind
from autofix.health.static.rule import Rule
from autofix.health.static.subject import Subject
from autofix.model import DataInput

PIXEL_SCALE = 0.00390625  # 1/256, exactly
PIXELS = hypot(128, 64)  # root mean square of typical 8-bit images, for those that could not be looked into


class RawInput(Rule):
    """The net learns on raw input, such as pixels from 0 to 255.

    Sick: the root mean square of an input is above ``large``, after its mean is subtracted and its scale
    multiplied, and no batch normalisation takes care of it. The gradient of the first layer grows with it. Where a
    mean is subtracted it is an info: many nets are made for it.
    Well: input of about unit size: ``transform_param { scale: 0.00390625 }`` for pixels.
    """

    code = "S406"
    title = "raw input"
    severity = Severity.WARNING
    large: float = 8.0  # root mean square; standardised input has 1

    def examine(self, subject: Subject) -> Iterator[Finding]:
        """Yield the data layer of each such blob."""
        for net, data in subject.inputs:
            for blob in data.features:
                size = _size(data, subject.top(data, blob)) * power_behind(net, blob)
                if data.layer is None or size <= self.large or normalised(net, blob) or net is not subject.train:
                    continue
                pixels = _pixels(data, subject.top(data, blob))
                scale = PIXEL_SCALE if pixels else float(f"{1 / size:.1g}")
                what = f"The input {blob} of layer {data.name} is not scaled: its root mean square is {size:.3g}."
                remedy = Remedy(
                    f"scale it by {scale:.6g}{' (1/256)' if pixels else ''} in every phase", input_scale_factor=scale
                )
                severity = Severity.INFO if data.mean_subtracted else self.severity
                size_seen = (Evidence("root mean square", size),)
                yield self.finding(data.layer, what, remedy, blob=blob, severity=severity, evidence=size_seen)


def _size(data: DataInput, top: TopAudit | None) -> float:
    """The root mean square that a net sees; of images that were not looked into, what images have."""
    if top is not None:
        return (top.std if data.mean_subtracted else hypot(top.mean, top.std)) * abs(data.scale)
    return PIXELS * abs(data.scale) if data.kind in ("ImageData", "WindowData") else 0.0


def _pixels(data: DataInput, top: TopAudit | None) -> bool:
    """Whether these are 8-bit pixels as they are."""
    return data.scale == 1 and (top is None or (top.minimum >= 0 and 100 < top.maximum <= 255))
