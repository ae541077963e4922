"""The input scale as edits: what the net sees of its data is multiplied with a factor, in every phase.

Layers with a transform_param scale by themselves; for the others a Power layer is put behind the data and everything
that read the data reads the Power layer instead. The data layer's own top keeps its name: it names the data set in an
HDF5 file, and the blob that Python code fills. Working in place would be shorter, but scales the caller's own memory
(MemoryData) or the same values again and again (Input, DummyData).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from autofix.errors import InputError
from autofix.model.change import Change, inserted, label, replaced, written
from autofix.model.inputs import DataInput, scale_home
from autofix.model.layer import Layer
from autofix.model.net import Net
from autofix.model.state import NetState
from autofix.prototxt import Content, Field, ListValue, Message, Verbatim, shown

_HEADING = ("name", "type", "bottom", "top", "include", "exclude", "phase")


def scale_inputs(net: Net, factor: float, why: str) -> Iterator[Change]:
    """The changes that multiply every signal entering ``net`` (with the layers of all phases) by ``factor``."""
    scaled: set[int] = set()
    for blob in dict.fromkeys(blob for data in net.inputs for blob in data.features):
        feeding = [data for data in net.inputs if blob in data.features]
        if all(data.transforms and data.tops[0] == blob for data in feeding):
            layers = [
                data.layer for data in feeding if data.layer is not None and id(data.layer) not in scaled
            ]
            scaled.update(id(layer) for layer in layers)
            yield from (change for layer in layers if (change := _in_transform(net, layer, factor, why)))
        else:
            yield from _by_power(net, blob, feeding, factor, why)


def _in_transform(net: Net, layer: Layer, factor: float, why: str) -> Change | None:
    file = _file(net)
    name, home = scale_home(layer)
    if home is not None:
        scale = home.number("scale", 1.0) * factor
        return written(file, label(layer, name, "scale"), home, "scale", scale, why)
    heading = [field for field in layer.message.fields if field.name in _HEADING]
    block: list[tuple[str, Content]] = [(name, [("scale", factor)])]
    return inserted(file, label(layer, name), layer.message, block, why, heading[-1] if heading else None)


def _by_power(net: Net, blob: str, feeding: list[DataInput], factor: float, why: str) -> Iterator[Change]:
    readers = [layer for layer, _ in net.consumers(blob)]
    if all(layer.type == "Power" and layer.version > 0 for layer in readers):
        yield from (change for layer in readers if (change := _in_power(net, layer, factor, why)))
        return
    fresh = _fresh(net, f"{blob}_scaled")
    yield from _power_layers(net, blob, fresh, feeding, factor, why)
    own = {id(data.layer) for data in feeding}
    for layer in net.layers:
        if id(layer) in own:
            continue
        for name in ("bottom", "top"):
            for old in layer.message.scalars(name):
                if old.word == blob:
                    yield replaced(_file(net), label(layer, name), old, fresh, why)


def _in_power(net: Net, layer: Layer, factor: float, why: str) -> Change | None:
    """(shift + scale * x) ^ power: a scaled x is a scaled ``scale``, whatever the rest."""
    home = layer.message.message("power_param")
    if home is None:
        block: list[tuple[str, Content]] = [("power_param", [("scale", factor)])]
        return inserted(_file(net), label(layer, "power_param"), layer.message, block, why)
    scale = home.number("scale", 1.0) * factor
    return written(_file(net), label(layer, "power_param", "scale"), home, "scale", scale, why)


def _power_layers(
    net: Net, blob: str, fresh: str, feeding: list[DataInput], factor: float, why: str
) -> Iterator[Change]:
    layers = [data.layer for data in feeding if data.layer is not None]
    if any(layer.version == 0 for layer in net.layers):
        raise InputError(
            f"{shown(_file(net))}: this net's format (V0) is too old to insert a Power layer",
            "Bring it up to date with Caffe's upgrade_net_proto_text first.",
        )
    if not layers or _in_both_phases(layers):
        fields = [layer.field for layer in layers] or list(net.root.all("input", "input_dim", "input_shape"))
        yield _power_layer(net, blob, fresh, [], factor, why, fields[-1])
        return
    for layer in layers:
        rules = _content(field for field in layer.message.fields if field.name in ("include", "exclude"))
        yield _power_layer(net, blob, fresh, rules, factor, why, layer.field)


def _power_layer(
    net: Net, blob: str, fresh: str, rules: list[tuple[str, Content]], factor: float, why: str, after: Field
) -> Change:
    old = any(layer.version == 1 for layer in net.layers)
    body: list[tuple[str, Content]] = [
        ("name", fresh),
        ("type", Verbatim("POWER") if old else "Power"),
        ("bottom", blob),
        ("top", fresh),
        *rules,
        ("power_param", [("scale", factor)]),
    ]
    kind = "layers" if old else "layer"
    return inserted(_file(net), f"layer[{fresh}]", net.root, [(kind, body)], why, after)


def _in_both_phases(layers: list[Layer]) -> bool:
    states = (NetState("TRAIN"), NetState("TEST"))
    return all(any(state.includes(layer.message) for layer in layers) for state in states)


def _content(fields: Iterable[Field]) -> list[tuple[str, Content]]:
    """Fields as they would be written anew."""
    found: list[tuple[str, Content]] = []
    for field in fields:
        values = field.value.items if isinstance(field.value, ListValue) else (field.value,)
        for value in values:
            found.append(
                (field.name, _content(value.fields) if isinstance(value, Message) else Verbatim(value.raw))
            )
    return found


def _fresh(net: Net, name: str) -> str:
    """``name``, or that with a number, such that no blob or layer is called so."""
    taken = {layer.name for layer in net.layers}
    taken.update(*(layer.bottoms + layer.tops for layer in net.layers))
    names = (name, *(f"{name}{number}" for number in range(2, len(taken) + 3)))
    return next(each for each in names if each not in taken)


def _file(net: Net) -> Path:
    return net.path or Path("net.prototxt")
