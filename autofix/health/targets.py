"""What a loss compares with: the data behind a blob, and what was done to it on the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import prod
from typing import TYPE_CHECKING

from autofix.model import Layer, Net
from autofix.model.kinds import RESHAPING

if TYPE_CHECKING:
    from autofix.caffe.tops import TopAudit


@dataclass(frozen=True)
class Target:
    """A blob whose values are ``scale`` x + ``shift``, x being what the data set holds.

    Args:
        shift: None where it is not one number, as with a mean image.
        width: values in a row of the blob, where a Reshape parts the records of the data set into several; else None.
    """

    found: TopAudit
    scale: float = 1.0
    shift: float | None = 0.0
    width: int | None = None

    @property
    def rows(self) -> float:
        """Rows of the blob that one record of the data set makes."""
        return prod(self.found.shape or ()) / self.width if self.width else 1.0

    def of(self, value: float) -> float | None:
        """What becomes of a value of the data set, if one can tell."""
        return None if self.shift is None else self.scale * value + self.shift


def target_of(net: Net, blob: str, tops: Mapping[str, TopAudit]) -> Target | None:
    """Follow ``blob`` back to the data, through layers that lay it out anew or multiply it.

    Args:
        tops: what was found in the data, by blob.

    Returns:
        None where it does not come from the data, or the data was not read.
    """
    scale, shift, width = 1.0, 0.0, None
    for layer in reversed(net.layers):
        if blob not in layer.tops or not layer.bottoms:
            continue
        if layer.type == "Power":
            settings = layer.settings("power_param")
            if settings is not None:
                if settings.number("power", 1.0) != 1.0:
                    return None
                shift += scale * settings.number("shift", 0.0)
                scale *= settings.number("scale", 1.0)
        elif layer.type not in RESHAPING or len(layer.bottoms) > 1:
            return None
        elif layer.type == "Reshape" and width is None:
            width = _width(layer)
        blob = layer.bottoms[0]
    if blob not in tops:
        return None
    return _transformed(Target(tops[blob], scale, shift, width), blob, net)


def _width(layer: Layer) -> int | None:
    """Values in a row of what a Reshape layer puts out, if its shape says that in numbers."""
    settings = layer.settings("reshape_param")
    shape = settings.message("shape") if settings is not None else None
    dims = [dim.integer for dim in shape.scalars("dim")] if shape is not None else []
    return prod(dims[1:]) if len(dims) > 1 and min(dims[1:]) > 0 else None


def _transformed(target: Target, blob: str, net: Net) -> Target:
    """With the data layer's own mean and scale, which come first: (x - mean) x scale."""
    data = next((data for data in net.inputs if blob == data.tops[0] and data.transforms), None)
    if data is None or target.shift is None:
        return target
    several = bool(data.mean_file) or len(set(data.mean_values)) > 1
    mean = data.mean_values[0] if data.mean_values else 0.0
    shift = None if several else target.shift - target.scale * data.scale * mean
    return replace(target, scale=target.scale * data.scale, shift=shift)
