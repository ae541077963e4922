"""S217: numbers of one layer that do not go together."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

from autofix.health.finding import Finding
from autofix.health.static.rule import Rule
from autofix.health.static.subject import Subject
from autofix.model import Layer
from autofix.prototxt import Message, Node
from autofix.prototxt.scalars import integer

Slip: TypeAlias = tuple[Node | Layer, str, str]  # where, what is wrong, what to do


class SizesApart(Rule):
    """Numbers of one layer do not go together.

    Sick: ``kernel_size`` beside ``kernel_h``, ``kernel_h`` without ``kernel_w``, a ``stride`` of 0, a Pooling with a
    ``pad`` of its kernel's size or with a kernel and ``global_pooling``, a ``num_output`` that ``group`` does not
    divide, an even ``local_size`` of LRN; a ``slice_point``, ``coeff``, ``shape``, ``data_filler`` or
    ``propagate_down`` too many or too few; a Reshape with two -1; a BatchNorm whose ``param`` has a learning rate.
    Caffe stops.
    Well: one way to give a size, and as many numbers as there are blobs for them.
    """

    code = "S217"
    title = "numbers that do not go together"

    def examine(self, subject: Subject) -> Iterator[Finding]:
        """Yield each such number."""
        for layer in subject.layers:
            look = _LOOKS.get(layer.type)
            for at, what, advice in [*_propagation(layer), *(look(layer) if look is not None else ())]:
                yield self.finding(at, f"Layer {layer.name}: {what}: Caffe stops.", advice, layer=layer)


def _integers(settings: Message, *names: str) -> list[int]:
    """The whole numbers of these names; S214 speaks of values that are none."""
    written = (integer(scalar.raw) for name in names for scalar in settings.scalars(name))
    return [size for size in written if size is not None]


def _propagation(layer: Layer) -> Iterator[Slip]:
    written = layer.message.scalars("propagate_down")
    if written and len(written) != len(layer.bottoms):
        what = f"{len(written)} propagate_down for {_counted(len(layer.bottoms), 'bottom')}"
        yield written[0], what, "write one for each bottom, or none"


def _windows(layer: Layer) -> Iterator[Slip]:
    """Kernels, strides and pads of convolutions and pooling."""
    settings = layer.settings("pooling_param" if layer.type == "Pooling" else "convolution_param")
    if settings is None:
        return
    sides = [name for name in ("kernel_h", "kernel_w") if name in settings]
    strides = [name for name in ("stride_h", "stride_w") if name in settings]
    whole = layer.type == "Pooling" and settings.boolean("global_pooling", False)
    if whole and (sides or "kernel_size" in settings):
        yield settings, "a kernel size beside global_pooling", "remove one of the two"
    elif sides and "kernel_size" in settings:
        yield settings, f"kernel_size beside {' and '.join(sides)}", "keep one way to say it"
    elif len(sides) == 1:
        yield settings, f"{sides[0]} alone", "write both kernel_h and kernel_w"
    if len(strides) == 1:
        yield settings, f"{strides[0]} alone", "write both stride_h and stride_w"
    if 0 in _integers(settings, "stride", *strides):
        yield settings, "a stride of 0", "write a stride of 1 or more"
    if layer.type == "Pooling":
        yield from _padding(settings)
    elif layer.num_output and layer.num_output % layer.group:
        what = f"num_output {layer.num_output} is no multiple of group {layer.group}"
        yield settings, what, "let group divide num_output, and the channels that come in"


def _padding(settings: Message) -> Iterator[Slip]:
    """A pooling window that holds nothing but padding."""
    for side in ("h", "w"):
        kernel = next(iter(_integers(settings, f"kernel_{side}", "kernel_size", "kernelsize")), 0)
        pad = next(iter(_integers(settings, f"pad_{side}", "pad")), 0)
        if 0 < kernel <= pad:
            yield settings, f"a pad of {pad} for a kernel of {kernel}", "write a pad below the kernel size"
            return


def _lrn(layer: Layer) -> Iterator[Slip]:
    settings = layer.settings("lrn_param")
    size = settings.integer("local_size", 5) if settings is not None else 5
    if settings is not None and size % 2 == 0:
        yield settings, f"local_size {size} is even", f"write  local_size: {size + 1}"


def _slice(layer: Layer) -> Iterator[Slip]:
    settings = layer.settings("slice_param")
    points = settings.scalars("slice_point") if settings is not None else ()
    if points and len(points) != len(layer.tops) - 1:
        what = f"{len(points)} slice_point for {_counted(len(layer.tops), 'top')}"
        yield points[0], what, "write one less than there are tops, or none for equal parts"


def _eltwise(layer: Layer) -> Iterator[Slip]:
    settings = layer.settings("eltwise_param")
    factors = settings.scalars("coeff") if settings is not None else ()
    if factors and len(factors) != len(layer.bottoms):
        what = f"{len(factors)} coeff for {_counted(len(layer.bottoms), 'bottom')}"
        yield factors[0], what, "write one for each bottom, or none"


def _made_up(layer: Layer) -> Iterator[Slip]:
    """DummyData and Input: one shape and filler for all tops, or one for each."""
    settings = layer.settings("input_param" if layer.type == "Input" else "dummy_data_param")
    for name in ("shape", "data_filler"):
        blocks = settings.messages(name) if settings is not None else ()
        if len(blocks) > 1 and len(blocks) != len(layer.tops):
            what = f"{len(blocks)} {name} for {_counted(len(layer.tops), 'top')}"
            yield blocks[0], what, "write one for each top, or one for all"


def _reshape(layer: Layer) -> Iterator[Slip]:
    settings = layer.settings("reshape_param")
    shape = settings.message("shape") if settings is not None else None
    if shape is not None and _integers(shape, "dim").count(-1) > 1:
        yield shape, "more than one size of -1", "let one size follow from the others, and write the rest"


def _batch_norm(layer: Layer) -> Iterator[Slip]:
    params = layer.message.messages("param")
    learning = [param for param in params if param.number("lr_mult", 1.0) != 0]
    if learning and len(params) != 3:  # Caffe stills three of them, as its first version wanted them, by itself
        what = "its statistics have a learning rate"
        yield learning[0], what, "write  lr_mult: 0, or no param: a Scale layer behind it is what learns"


def _counted(count: int, name: str) -> str:
    return f"{count} {name}{'s' if count != 1 else ''}"


_LOOKS: Mapping[str, Callable[[Layer], Iterator[Slip]]] = {
    "BatchNorm": _batch_norm,
    "Convolution": _windows,
    "Deconvolution": _windows,
    "DummyData": _made_up,
    "Eltwise": _eltwise,
    "Input": _made_up,
    "LRN": _lrn,
    "Pooling": _windows,
    "Reshape": _reshape,
    "Slice": _slice,
}
