"""Where a net's data comes from, and which of it is signal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from autofix.model import kinds
from autofix.model.layer import Layer
from autofix.prototxt import Message

if TYPE_CHECKING:
    from autofix.model.net import Net


@dataclass(frozen=True, eq=False)
class DataInput:
    """One layer that brings data into the net, or the net's old ``input:`` fields (layer None).

    Attributes:
        kind: the layer's type ("Data", "HDF5Data", ...), "input" for ``input:`` fields.
        tops: the blobs it fills.
        features: those of ``tops`` that reach weights as a signal: what an input scale is about. Labels, indices and
            sequence markers are not among them.
        targets: those of ``features`` that a loss also compares with, as an autoencoder does.
        source: the database, list or folder as written; empty where there is none.
        backend: "LEVELDB" or "LMDB" for Data layers, else empty.
        scale: what the data is multiplied with, after the mean is subtracted.
        transforms: whether the layer's own transform_param can scale.
    """

    layer: Layer | None
    kind: str
    tops: tuple[str, ...]
    features: tuple[str, ...]
    targets: tuple[str, ...]
    source: str = ""
    backend: str = ""
    batch_size: int | None = None
    scale: float = 1.0
    mean_values: tuple[float, ...] = ()
    mean_file: str = ""
    crop_size: int = 0
    mirror: bool = False
    transforms: bool = False

    @property
    def name(self) -> str:
        """The layer's name, or that of the blob."""
        return self.layer.name if self.layer is not None else self.tops[0]

    @property
    def mean_subtracted(self) -> bool:
        """Whether a mean is taken off before scaling."""
        return bool(self.mean_values or self.mean_file)


def find_inputs(net: Net) -> tuple[DataInput, ...]:
    """Every input of ``net``, old ``input:`` fields first."""
    old = [
        DataInput(None, "input", (scalar.word,), *_roles(net, (scalar.word,)))
        for scalar in net.root.scalars("input")
    ]
    return (*old, *(_read(net, layer) for layer in net.layers if reads_data(layer)))


def reads_data(layer: Layer) -> bool:
    """Whether a layer brings data in: it reads no blob and is not a blob of parameters."""
    return bool(layer.tops) and not layer.bottoms and layer.type != "Parameter"


def scale_home(layer: Layer) -> tuple[str, Message | None]:
    """The block in which Caffe looks for a layer's scale, and that block, if it is there.

    It is ``transform_param``; in V1 the older ``data_param { scale: ... }`` comes first where it is written, and in
    V0 the layer itself holds it.
    """
    if layer.version == 0:
        return "", layer.inner
    block = kinds.DATA_PARAM.get(layer.type, "")
    older = layer.message.message(block) if block and layer.version == 1 else None
    if older is not None and "scale" in older:
        return block, older
    return "transform_param", layer.message.message("transform_param")


def _read(net: Net, layer: Layer) -> DataInput:
    settings = layer.settings(kinds.DATA_PARAM.get(layer.type, "-"))
    transform = layer.settings("transform_param")
    home = scale_home(layer)[1]
    blocks = [block for block in (settings, transform) if block is not None]
    old = settings if layer.version < 2 else None
    return DataInput(
        layer,
        layer.type,
        layer.tops,
        *_roles(net, layer.tops),
        source=_first_text(blocks, "source"),
        backend=_backend(settings) if layer.type in ("Data", "AnnotatedData") and settings else "",
        batch_size=_batch_size(layer, settings),
        scale=home.number("scale", 1.0) if home else 1.0,
        mean_values=tuple(s.number for s in transform.scalars("mean_value")) if transform else (),
        mean_file=_first_text([b for b in (old, transform) if b], "mean_file", "meanfile"),
        crop_size=max(
            (b.integer(k, 0) for b in (old, transform) if b for k in ("crop_size", "cropsize")), default=0
        ),
        mirror=any(b.boolean("mirror", False) for b in (old, transform) if b),
        transforms=layer.type in kinds.TRANSFORMED or _unknown_with_transform(layer),
    )


def _unknown_with_transform(layer: Layer) -> bool:
    """A data layer of a fork that has a transform_param is taken to use it."""
    return (
        layer.type not in (*kinds.DATA_PARAM, "Python")
        and layer.message.message("transform_param") is not None
    )


def _first_text(blocks: list[Message], *names: str) -> str:
    return next((block.text(name) for block in blocks for name in names if name in block), "")


def _backend(settings: Message) -> str:
    written = settings.text("backend", "LEVELDB") if _is_word(settings, "backend") else "LMDB"
    return written


def _is_word(settings: Message, name: str) -> bool:
    scalar = settings.scalar(name)
    return scalar is None or scalar.kind != "number" or scalar.integer == 0


def _batch_size(layer: Layer, settings: Message | None) -> int | None:
    if settings is None:
        return None
    for name in ("batch_size", "batchsize"):
        if name in settings:
            return settings.integer(name, 0)
    for shape in settings.messages("shape"):
        sizes = shape.scalars("dim")
        return sizes[0].integer if sizes else None
    numbers = settings.scalars("num") if layer.type == "DummyData" else ()
    return numbers[0].integer if numbers else None


def _roles(net: Net, tops: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    features = tuple(top for top in tops if _reaches_weights(net, top))
    targets = tuple(top for top in features if any(kinds.is_loss(layer.type) for layer in _readers(net, top)))
    return features, targets


def _reaches_weights(net: Net, blob: str) -> bool:
    """Whether ``blob`` comes to a layer with weights as a signal, by way of layers that only pass it on."""
    seen, queue = {blob}, [blob]
    while queue:
        current = queue.pop()
        for layer, index in net.consumers(current):
            if kinds.is_sink(layer.type) or index in kinds.INDEX_INPUTS.get(layer.type, ()):
                continue
            if layer.learnable:
                return True
            if layer.type != "Python":
                queue += [top for top in layer.tops if top not in seen]
                seen.update(layer.tops)
    return False


def _readers(net: Net, blob: str) -> list[Layer]:
    """The layers that read ``blob``, also by way of layers that only lay it out anew."""
    seen, queue, found = {blob}, [blob], []
    while queue:
        for layer, _ in net.consumers(queue.pop()):
            found.append(layer)
            if layer.type in ("Flatten", "Reshape", "Split", "Slice", "Power"):
                queue += [top for top in layer.tops if top not in seen]
                seen.update(layer.tops)
    return found
