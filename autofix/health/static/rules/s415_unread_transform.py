"""S415: a transformation where Caffe does not look for it."""

from __future__ import annotations

from collections.abc import Iterator

from autofix.health.finding import Finding, Severity
from autofix.health.static.rule import Rule
from autofix.health.static.subject import Subject
from autofix.model import Layer
from autofix.model.kinds import DATA_PARAM
from autofix.prototxt import Field

OLD = ("scale", "mean_file", "crop_size", "mirror")
READERS = ("Data", "ImageData", "WindowData")


class UnreadTransform(Rule):
    """A scale, mean, crop or mirror is written where Caffe does not read it.

    Sick: ``data_param { scale: 0.1 }`` in a ``layer``: only the old ``layers`` are upgraded. A WindowData layer with
    ``transform_param { scale: 0.1 }``: this layer alone reads its scale from ``window_data_param``; in ``layers``,
    whose upgrade moves it, it reads none.
    Well: ``transform_param``, and ``window_data_param`` for the scale of WindowData.
    """

    code = "S415"
    title = "a transformation that is not read"
    severity = Severity.WARNING

    def examine(self, subject: Subject) -> Iterator[Finding]:
        """Yield each such field."""
        for layer in subject.layers:
            if layer.type not in READERS or layer.version == 0:
                continue
            for field, advice in _unread(layer):
                what = f"Caffe does not read the {field.name} of layer {layer.name} from here."
                yield self.finding(field, what, advice, layer=layer)


def _unread(layer: Layer) -> Iterator[tuple[Field, str]]:
    name = DATA_PARAM[layer.type]
    own, transform = layer.message.message(name), layer.message.message("transform_param")
    windows, old = layer.type == "WindowData", layer.version == 1
    for field in own.all(*OLD) if own is not None else ():
        if windows and field.name == "scale" and old:
            yield field, "scale by a Power layer behind it, or write the net in the format of today"
        elif not old and not (windows and field.name == "scale"):
            yield field, "move it into transform_param"
    for field in transform.all("scale") if transform is not None and windows else ():
        yield field, "scale by a Power layer behind it" if old else f"move it into {name}"
