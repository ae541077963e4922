"""H401: input of the wrong size."""

from __future__ import annotations

from collections.abc import Iterator

from autofix.debuginfo import quoted
from autofix.health.check import Check
from autofix.health.finding import Evidence, Finding, Remedy, Severity
from autofix.health.view import View

PIXEL_SCALE = 0.00390625  # 1/256: maps 8-bit pixels to below 1, exactly
PICTURES = ("Data", "ImageData", "WindowData")  # layers that read 8-bit pictures as a rule


class InputScale(Check):
    """The input is far from unit size, as raw pixels from 0 to 255 are.

    Sick: the mean |x| of a blob that comes from the data is above ``large``.
    Well: it is about 1 or below.
    """

    code = "H401"
    title = "input not scaled"
    severity = Severity.WARNING
    pixels: tuple[float, float] = (8, 256)  # mean |x| between nearly black pictures of 8 bits, and their largest value
    large: float = 5.0  # mean |x|; inputs of unit variance have 0.8, raw 8-bit pixels 30 to 130

    def examine(self, view: View) -> Iterator[Finding]:
        """Yield the largest input blob."""
        found = max(view.inputs, key=lambda entry: entry.size, default=None)
        if found is None or found.size < self.large:
            return
        pixels = self.pixels[0] < found.size < self.pixels[1]
        scale = PIXEL_SCALE if pixels else float(f"{1 / found.size:.1g}")
        basis = _basis(view, found.size) if pixels else f"its mean |x| is {found.size:.3g}, and should be about 1"
        yield self.finding(
            f"The input blob {quoted(found.blob)} of layer {quoted(found.layer)} has a mean |x| of {found.size:.3g}. "
            "The gradient of the first layer grows with its input, and so does every activation after it.",
            layer=found.layer,
            blob=found.blob,
            iteration=int(view.trace.iterations[0]),
            evidence=(Evidence("mean |x|", found.size),),
            remedy=Remedy(
                f"scale the input by {scale:.6g}{' (1/256)' if pixels else ''} in every phase: {basis}",
                input_scale_factor=scale,
            ),
        )


def _basis(view: View, size: float) -> str:
    """Why 1/256 suits a mean |x| that pixels may have; not all data sets hold pictures."""
    kinds = {data.kind for data in view.net.inputs if data.features} if view.net is not None else set()
    if kinds and kinds <= set(PICTURES):
        return "pixels go from 0 to 255"
    return f"it looks like pixels from 0 to 255; other data wants about {float(f'{1 / size:.1g}'):g}, 1 / its mean |x|"
