"""S403: images of a size that does not fit."""

from __future__ import annotations

from collections.abc import Iterator

from autofix.caffe.datasets import DataAudit
from autofix.health.finding import Finding
from autofix.health.static.rule import Rule, place
from autofix.health.static.subject import Subject
from autofix.model import DataInput


class ImageSize(Rule):
    """Images are smaller than the crop, or of different sizes in one batch.

    Sick: ``crop_size`` above the height or width of the data; or records of different shapes, which no
    ``crop_size`` or ``new_height`` and ``new_width`` brings to one, in batches of more than one. Caffe stops.
    Well: all records have, or are brought to, one shape.
    """

    code = "S403"
    title = "image size does not fit"

    def examine(self, subject: Subject) -> Iterator[Finding]:
        """Yield the line of each."""
        for data, found in subject.audits.items():
            if data.layer is None or not found.tops or _resized(data):
                continue
            shape = found.tops[0].shape
            if shape is not None and len(shape) == 3 and data.crop_size > min(shape[1:]):
                what = f"Layer {data.name} crops {data.crop_size} pixels out of {shape[1]} x {shape[2]}: Caffe stops."
                advice = f"write a crop_size of {min(shape[1:])} or less"
                yield self.finding(place(data.layer, "crop_size", "cropsize"), what, advice, layer=data.layer)
            if shape is None and not data.crop_size and (data.batch_size or 1) > 1 and _images(found):
                what = f"Layer {data.name} puts records of different shape into one batch: Caffe stops."
                yield self.finding(data.layer, what, "bring them to one size, write a crop_size, or batch_size: 1")


def _images(found: DataAudit) -> bool:
    return found.kind in ("LMDB", "ImageData")


def _resized(data: DataInput) -> bool:
    """Whether the layer brings every image to one size as it reads it."""
    settings = data.layer.settings("image_data_param") if data.layer is not None else None
    return settings is not None and settings.integer("new_height", 0) > 0
