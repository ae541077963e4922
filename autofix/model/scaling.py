"""The input scale as edits: what the net sees of its data is multiplied with a factor, in every phase.

Layers with a transform_param scale by themselves, and where a Power layer stands before all that reads the data, that
one takes the factor. For the others a Power layer comes in behind the data, and all that read the data read it
instead. The data layer's top keeps its name: in an HDF5 file it names the data set, and elsewhere the blob that Python
code fills. Working in place would be shorter, but it would scale the caller's own memory (MemoryData) or the same
values again and again (Input, DummyData).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from autofix.errors import InputError
from autofix.model.change import Change, inserted, label, replaced, written
from autofix.model.inputs import scale_home
from autofix.model.layer import Layer
from autofix.model.net import Net
from autofix.model.state import NetState
from autofix.prototxt import Content, Field, ListValue, Message, Verbatim, shown

_HEADING = ("name", "type", "bottom", "top", "include", "exclude", "phase")


def scale_inputs(net: Net, factor: float, why: str) -> Iterator[Change]:
    """The changes that multiply every signal entering ``net`` (with the layers of all phases) by ``factor``.

    Raises:
        InputError: a Power layer is needed in a net of the oldest format (V0), which has none.
    """
    transformed: dict[int, Layer] = {}
    for blob in dict.fromkeys(blob for data in net.inputs for blob in data.features):
        feeding = [data for data in net.inputs if blob in data.features]
        layers = [data.layer for data in feeding if data.layer is not None]
        if all(data.transforms and data.tops[0] == blob for data in feeding) and not _is_powered(net, blob):
            transformed.update((layer.field.start, layer) for layer in layers)
        else:
            yield from scale_blob(net, blob, factor, why)
    for layer in transformed.values():
        yield from _in_block(layer, *scale_home(layer), factor, why)


def scale_blob(net: Net, blob: str, factor: float, why: str) -> Iterator[Change]:
    """The changes that multiply one blob, such as the targets of a regression, by way of a Power layer."""
    return _by_power(_Wish(net, blob, factor, why))


@dataclass(frozen=True, eq=False)
class _Wish:
    """``blob`` is to be multiplied by ``factor`` for all that read it."""

    net: Net
    blob: str
    factor: float
    why: str

    @property
    def fresh(self) -> str:
        """A name for the scaled blob that no blob or layer has."""
        taken = {layer.name for layer in self.net.layers}
        taken.update(*(layer.bottoms + layer.tops for layer in self.net.layers))
        name, number = f"{self.blob}_scaled", 2
        while name in taken:
            name, number = f"{self.blob}_scaled{number}", number + 1
        return name


def _in_block(layer: Layer, name: str, home: Message | None, factor: float, why: str) -> list[Change]:
    """``scale`` multiplied in ``home``, the layer's block ``name``, which is put behind its rules if it is missing."""
    if home is not None:
        scale = home.number("scale", 1.0) * factor
        return written(layer.path, label(layer, name, "scale"), home, "scale", scale, why)
    heading = [field for field in layer.message.fields if field.name in _HEADING]
    block: list[tuple[str, Content]] = [(name, [("scale", factor)])]
    return [inserted(layer.path, label(layer, name), layer.message, block, why, heading[-1])]


def _by_power(wish: _Wish) -> Iterator[Change]:
    if _is_powered(wish.net, wish.blob):
        for layer in wish.net.blobs.first_readers(wish.blob):
            yield from _in_power(layer, wish.factor, wish.why)
        return
    if any(layer.version == 0 for layer in wish.net.layers):
        message = f"{shown(wish.net.path)}: a net of the oldest format (V0) cannot hold the Power layer that is needed"
        raise InputError(message, "Bring it up to date with Caffe's upgrade_net_proto_text.")
    feeders = [layer for layer in wish.net.producers(wish.blob) if wish.blob not in layer.bottoms]
    if not feeders and wish.blob not in wish.net.blobs.given:
        return  # nothing makes this blob: Caffe will say so
    yield from _power_layers(wish, feeders)
    for layer in wish.net.layers:
        if layer in feeders:
            continue
        for name in ("bottom", "top"):  # tops too: what worked in place on the data works in place on the new blob
            for old in layer.message.scalars(name):
                if old.word == wish.blob:
                    yield replaced(layer.path, label(layer, name), old, wish.fresh, wish.why)


def _is_powered(net: Net, blob: str) -> bool:
    """Whether all that reads ``blob``, if anything does, are Power layers on whose shift + scale * x it can be laid."""
    return all(layer.linear is not None for layer in net.blobs.first_readers(blob))


def _in_power(layer: Layer, factor: float, why: str) -> Iterator[Change]:
    """Both numbers of a Power layer multiplied: what it shifts by is in the unit of what it puts out."""
    home = layer.message.message("power_param")
    yield from _in_block(layer, "power_param", home, factor, why)
    shift = home.scalar("shift") if home is not None else None
    if shift is not None and shift.number:
        yield replaced(layer.path, label(layer, "power_param", "shift"), shift, shift.number * factor, why)


def _power_layers(wish: _Wish, feeders: list[Layer]) -> Iterator[Change]:
    """One Power layer behind the last feeder where that serves both phases; else one behind each, with its rules."""
    first = min(layer.field.start for layer, _ in wish.net.consumers(wish.blob))
    if not feeders:
        fields = wish.net.root.all("input", "input_dim", "input_shape")
        yield _power_layer(wish, [], fields[-1])
    elif _serve_both_phases(feeders) and feeders[-1].field.start < first:
        yield _power_layer(wish, [], feeders[-1].field)
    else:
        for layer in feeders:
            rules = (field for field in layer.message.fields if field.name in ("include", "exclude"))
            yield _power_layer(wish, _content(rules), layer.field)


def _power_layer(wish: _Wish, rules: list[tuple[str, Content]], after: Field) -> Change:
    net = wish.net
    old = any(layer.version == 1 for layer in net.layers)
    body: list[tuple[str, Content]] = [
        ("name", wish.fresh),
        ("type", Verbatim("POWER") if old else "Power"),
        ("bottom", wish.blob),
        ("top", wish.fresh),
        *rules,
        ("power_param", [("scale", wish.factor)]),
    ]
    fields: list[tuple[str, Content]] = [("layers" if old else "layer", body)]
    return inserted(net.path, f"layer[{wish.fresh}]", net.root, fields, wish.why, after)


def _serve_both_phases(layers: list[Layer]) -> bool:
    states = (NetState("TRAIN"), NetState("TEST"))
    return all(any(state.includes(layer.message) for layer in layers) for state in states)


def _content(fields: Iterable[Field]) -> list[tuple[str, Content]]:
    """Fields as they would be written anew."""
    found: list[tuple[str, Content]] = []
    for field in fields:
        for value in field.value.items if isinstance(field.value, ListValue) else (field.value,):
            if isinstance(value, Message):
                found.append((field.name, _content(value.fields)))
            else:
                found.append((field.name, value.string if value.kind == "string" else Verbatim(value.raw)))
    return found
