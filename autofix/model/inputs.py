"""Where a net's data comes from, and which of it is signal."""

from __future__ import annotations

from dataclasses import dataclass

from autofix.model import kinds
from autofix.model.blobs import Blobs
from autofix.model.layer import Layer
from autofix.prototxt import Message, Scalar


@dataclass(frozen=True, eq=False)
class DataInput:
    """One layer that brings data into the net, or one of the net's old ``input:`` fields.

    Attributes:
        layer: None for an ``input:`` field.
        kind: the layer's type ("Data", "HDF5Data", ...), "input" for ``input:`` fields.
        tops: the blobs it fills.
        features: those of ``tops`` that reach weights as a signal: what an input scale is about. Labels, indices
            and sequence markers are not among them.
        targets: those of ``features`` that a loss also compares with, as an autoencoder does.
        source: the database, list or folder as written; empty where there is none.
        backend: "LEVELDB" or "LMDB" for Data layers, else empty.
        batch_size: examples per iteration; None where the file does not say.
        batch_field: where ``batch_size`` is written; None for layers that say it by a shape, or not at all.
        scale: what the data is multiplied with, after the mean is subtracted.
        mean_values: one for all channels, or one for each; in the units of the data.
        mean_file: as written; empty where there is none.
        crop_size: height and width in pixels; 0 for the whole image.
        transforms: whether the layer can scale its first top by itself (see scale_home).
    """

    layer: Layer | None
    kind: str
    tops: tuple[str, ...]
    features: tuple[str, ...]
    targets: tuple[str, ...]
    source: str = ""
    backend: str = ""
    batch_size: int | None = None
    batch_field: Scalar | None = None
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


def find_inputs(blobs: Blobs) -> tuple[DataInput, ...]:
    """Every input of a net, old ``input:`` fields first."""
    fields = [DataInput(None, "input", (blob,), *_roles(blobs, (blob,))) for blob in blobs.given]
    return (*fields, *(_read(blobs, layer) for layer in blobs.layers if _brings_data(layer)))


def scale_home(layer: Layer) -> tuple[str, Message | None]:
    """The name of the block in which Caffe looks for a layer's scale, and the block, if it is there.

    It is ``transform_param``; in V1 an older ``data_param { scale: ... }`` comes first where it is written
    (UpgradeNetDataTransformation), and in V0 the layer itself holds the scale. WindowData alone reads it from
    ``window_data_param`` to this day (window_data_layer.cpp), where the upgrade of V1 takes it away.
    """
    if layer.version == 0:
        return "", layer.inner
    block = kinds.DATA_PARAM.get(layer.type, "")
    if layer.type == "WindowData":
        return block, layer.message.message(block)
    older = layer.message.message(block) if block and layer.version == 1 else None
    if older is not None and "scale" in older:
        return block, older
    return "transform_param", layer.message.message("transform_param")


def _brings_data(layer: Layer) -> bool:
    return bool(layer.tops) and not layer.bottoms and layer.type != "Parameter"


def _read(blobs: Blobs, layer: Layer) -> DataInput:
    settings = layer.settings(kinds.DATA_PARAM.get(layer.type, "-"))
    transform, transforms = layer.settings("transform_param"), _transforms(layer)
    home = scale_home(layer)[1] if transforms or layer.type == "MemoryData" else None
    own = [settings] if settings is not None else []
    cropping = [transform] if transform is not None else []
    if layer.version < 2:  # where cropping, mirroring and the mean stood before transform_param
        cropping = own + cropping
    return DataInput(
        layer,
        layer.type,
        layer.tops,
        *_roles(blobs, layer.tops),
        source=_text(own, "source"),
        backend=_backend(layer, settings),
        batch_size=_batch_size(settings),
        batch_field=_batch_field(settings),
        scale=home.number("scale", 1.0) if home is not None else 1.0,
        mean_values=tuple(s.number for block in cropping for s in block.scalars("mean_value")),
        mean_file=_text(cropping, "mean_file", "meanfile"),
        crop_size=max(_integer(cropping, "crop_size"), _integer(cropping, "cropsize")),
        mirror=any(block.boolean("mirror", False) for block in cropping),
        transforms=transforms,
    )


def _transforms(layer: Layer) -> bool:
    """Whether the layer has a scale of its own; a data layer of a fork with a transform_param is taken to use it."""
    if layer.type == "WindowData":
        return layer.version == 2
    if layer.type in kinds.DATA_PARAM or layer.type == "Python":
        return layer.type in kinds.TRANSFORMED
    return layer.version > 0 and "transform_param" in layer.message


def _text(blocks: list[Message], *names: str) -> str:
    return next((block.text(name) for block in blocks for name in names if name in block), "")


def _integer(blocks: list[Message], name: str) -> int:
    return next((block.integer(name, 0) for block in blocks if name in block), 0)


def _backend(layer: Layer, settings: Message | None) -> str:
    if kinds.DATA_PARAM.get(layer.type) != "data_param":
        return ""
    written = settings.scalar("backend") if settings is not None else None
    return "LEVELDB" if written is None else {"0": "LEVELDB", "1": "LMDB"}.get(written.raw, written.raw)


def _batch_size(settings: Message | None) -> int | None:
    """Examples per iteration: of DummyData and Input layers the first size of the first shape."""
    if (written := _batch_field(settings)) is not None:
        return written.integer
    if settings is None:
        return None
    sizes = [*settings.scalars("num"), *(size for shape in settings.messages("shape") for size in shape.scalars("dim"))]
    return sizes[0].integer if sizes else None


def _batch_field(settings: Message | None) -> Scalar | None:
    return (settings.scalar("batch_size") or settings.scalar("batchsize")) if settings is not None else None


def _roles(blobs: Blobs, tops: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Those of ``tops`` that are signals, and those of the signals that are targets too."""
    features = tuple(top for top in tops if _reaches_weights(blobs, top))
    return features, tuple(top for top in features if _reaches_loss(blobs, top))


def _reaches_weights(blobs: Blobs, blob: str) -> bool:
    """Whether ``blob`` comes as a signal to a layer with weights, by way of layers that pass it on."""
    return any(layer.learnable for layer in blobs.downstream(blob, lambda layer: layer.type != "Python"))


def _reaches_loss(blobs: Blobs, blob: str) -> bool:
    """Whether a loss compares with ``blob`` itself, perhaps laid out anew."""
    readers = blobs.downstream(blob, lambda layer: layer.type in kinds.RESHAPING)
    return any(kinds.is_loss(layer.type) for layer in readers)
