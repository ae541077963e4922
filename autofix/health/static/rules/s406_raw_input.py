"""S406: input far from unit size."""

from __future__ import annotations

from collections.abc import Iterator
from math import hypot

from autofix.caffe.tops import TopAudit
from autofix.health.finding import Evidence, Finding, Remedy, Severity
from autofix.health.static.graph import Origin, normalised, seen
from autofix.health.static.rule import Rule
from autofix.health.static.subject import Subject
from autofix.model import DataInput

PIXEL_SCALE = 0.00390625  # 1/256, exactly
PIXELS = (128.0, 64.0)  # mean and spread of typical 8-bit images, for those that could not be looked into


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
        for data in subject.train.inputs:
            for blob in data.features:
                top, after = subject.top(data, blob), seen(subject.train, data, blob)
                size = _size(data, top, after) if after is not None else 0.0
                if after is None or data.layer is None or size <= self.large or normalised(subject.train, blob):
                    continue
                pixels = after.scale == 1 and (top is None or (top.minimum >= 0 and 100 < top.maximum <= 255))
                scale = PIXEL_SCALE if pixels else float(f"{1 / size:.1g}")
                guess = " if it holds pixels from 0 to 255" if top is None else ""
                what = f"The input {blob} of layer {data.name} is not scaled: its root mean square is {size:.3g}"
                advice = f"scale it by {scale:.6g}{' (1/256)' if pixels else ''} in every phase"
                yield self.finding(
                    data.layer,
                    f"{what}{guess}.",
                    Remedy(advice, input_scale_factor=scale),
                    blob=blob,
                    severity=Severity.INFO if data.mean_subtracted else self.severity,
                    evidence=(Evidence("root mean square", size),),
                )


def _size(data: DataInput, top: TopAudit | None, after: Origin) -> float:
    """The root mean square that the net sees, 0 if that is not known."""
    if top is None and data.kind not in ("ImageData", "WindowData"):
        return 0.0
    mean, std = (top.mean, top.std) if top is not None else PIXELS
    return hypot(after.of(0.0 if data.mean_file else mean), after.scale * std)
