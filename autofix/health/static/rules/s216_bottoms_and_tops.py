"""S216: a layer with too few or too many bottoms or tops."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import inf
from typing import TypeAlias

from autofix.health.finding import Finding
from autofix.health.static.rule import Rule, meant
from autofix.health.static.subject import Subject
from autofix.model import Layer
from autofix.model.kinds import is_sink
from autofix.prototxt import Edit, replace

Range: TypeAlias = tuple[float, float]
_ONE: Range = (1, 1)
_SOME: Range = (1, inf)
_NONE: Range = (0, 0)

# Bottoms and tops as src/caffe/layers declares them. Caffe makes the top of a loss itself where none is written; forks
# give losses and accuracies more bottoms and tops, such as weights of the examples.
_ONE_TO_ONE = (
    "AbsVal ArgMax BNLL BatchNorm Clip Dropout ELU Embed Exp Flatten Im2col InnerProduct LRN Log MVN PReLU Power ReLU "
    "Reduction Reshape SPP Sigmoid Softmax Swish TanH Threshold Tile"
)
_LOSSES = "EuclideanLoss HingeLoss InfogainLoss MultinomialLogisticLoss SigmoidCrossEntropyLoss SoftmaxWithLoss"
COUNTS: Mapping[str, tuple[Range, Range]] = {
    **dict.fromkeys(_ONE_TO_ONE.split(), (_ONE, _ONE)),
    **dict.fromkeys(_LOSSES.split(), ((2, inf), (0, inf))),
    **dict.fromkeys(("Convolution", "Deconvolution"), (_SOME, _SOME)),
    **dict.fromkeys(("DummyData", "HDF5Data", "Input"), (_NONE, _SOME)),
    **dict.fromkeys(("ImageData", "MemoryData", "WindowData"), (_NONE, (2, 2))),
    **dict.fromkeys(("BatchReindex", "Crop"), ((2, 2), _ONE)),
    **dict.fromkeys(("Bias", "Scale"), ((1, 2), _ONE)),
    **dict.fromkeys(("Slice", "Split"), (_ONE, _SOME)),
    "Accuracy": ((2, inf), _SOME),
    "Concat": (_SOME, _ONE),
    "ContrastiveLoss": ((3, inf), (0, inf)),
    "Data": (_NONE, (1, 2)),
    "Eltwise": ((2, inf), _ONE),
    "Filter": ((2, inf), _SOME),
    "HDF5Output": ((2, 2), _NONE),
    "LSTM": ((2, inf), _SOME),
    "Parameter": (_NONE, _ONE),
    "Pooling": (_ONE, (1, 2)),
    "RNN": ((2, inf), _SOME),
    "Silence": (_SOME, _NONE),
}


class BottomsAndTops(Rule):
    """A layer has too few or too many bottoms or tops.

    Sick: a SoftmaxWithLoss without the label as its second bottom, a Convolution without a top, an ImageData layer
    with one top alone, a ReLU with two bottoms. Caffe stops.
    Well: as many as the layer's type takes.
    """

    code = "S216"
    title = "wrong number of bottoms or tops"

    def examine(self, subject: Subject) -> Iterator[Finding]:
        """Yield each such layer."""
        for layer in subject.layers:
            for name, blobs, wanted in zip(
                ("bottom", "top"), (layer.bottoms, layer.tops), COUNTS.get(layer.type, ()), strict=False
            ):
                low, high = wanted
                if not low <= len(blobs) <= high:
                    told = f"{low:g}" if low == high else f"at least {low:g}" if high == inf else f"{low:g} or {high:g}"
                    has = f"{len(blobs)} {name}{'s' if len(blobs) != 1 else ''}"
                    what = f"Layer {layer.name} ({layer.type}) has {has}, not {told}: Caffe stops."
                    slip = _slip(subject, layer) if name == "bottom" else None
                    advice = slip[0] if slip is not None else _advice(layer.type, name, len(blobs) < low)
                    found = self.finding(layer, what, advice)
                    yield meant(found, layer.message, slip[1]) if slip is not None else found


def _slip(subject: Subject, layer: Layer) -> tuple[str, Edit] | None:
    """What was meant, where that is known, and the edit for it."""
    written, bottoms = layer.inner.scalar("type"), layer.message.scalars("bottom")
    if layer.type == "Softmax" and layer.version == 2 and written is not None and len(bottoms) == 2:
        edit = replace(written, "SoftmaxWithLoss", "the loss that was meant")
        return 'did you mean  type: "SoftmaxWithLoss"?', edit
    label = _label(subject, layer) if len(bottoms) == 1 else ""
    if not label:
        return None
    end = bottoms[0].end
    return f'write  bottom: "{label}"  behind the other one', Edit(end, end, f' bottom: "{label}"', "the label")


def _label(subject: Subject, layer: Layer) -> str:
    """The one blob of the data that no layer reads, where a loss or an accuracy lacks what it compares with."""
    net = next((net for net in subject.nets if layer in net.layers), subject.train)
    unread = [top for data in net.inputs for top in data.tops if not any(net.consumers(top))]
    return unread[0] if is_sink(layer.type) and len(unread) == 1 else ""


def _advice(kind: str, name: str, few: bool) -> str:
    if not few:
        return f"remove the {name} that is too many"
    if kind.endswith("Loss") or kind == "Accuracy":
        return "write a bottom for what is judged, and one for what it is compared with"
    return f"write the {name} that is missing"
