"""Weight fillers as edits: the weights of a layer are drawn with another standard deviation.

Written as a gaussian, whatever the filler was, except for a uniform one, which stays uniform. Biases are left alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import sqrt
from pathlib import Path

from autofix.model.change import Change, inserted, label, written
from autofix.model.filler import Filler
from autofix.model.layer import Layer
from autofix.prototxt import Content, Field, Message, Scalar, rename


def refill(layer: Layer, std: float, why: str) -> Iterator[Change]:
    """The changes that make Caffe draw the layer's weights with ``std``.

    Raises:
        ValueError: the layer's filler is one that is left alone (see Layer.refillable).
    """
    filler, settings = layer.weight_filler, layer.settings(layer.weight_block)
    if filler is None or not layer.refillable:
        raise ValueError(f"the weights of layer {layer.name} are not drawn by a filler with a std")
    file = layer.path or Path("net.prototxt")
    if settings is None:
        raise ValueError(f"layer {layer.name} has no {layer.weight_block}")
    if filler.written is None:
        block: list[tuple[str, Content]] = [("weight_filler", [("type", "gaussian"), ("std", std)])]
        where = label(layer, _block(layer), "weight_filler")
        yield inserted(file, where, settings, block, why, _before(settings, "bias_filler"))
        return
    where = label(layer, _block(layer), "weight_filler")
    if filler.type == "uniform":
        yield from _uniform(file, where, filler, filler.written, std, why)
    else:
        yield from _gaussian(file, where, filler.written, std / filler.sparsity(layer.num_output), why)


def _block(layer: Layer) -> str:
    return layer.weight_block if layer.version else ""


def _before(settings: Message, name: str) -> Field | None:
    """The field that stands before the field ``name``, None where that is the first or not there."""
    names = [field.name for field in settings.fields]
    return settings.fields[names.index(name) - 1] if name in names[1:] else None


def _uniform(
    file: Path, where: str, filler: Filler, block: Message, std: float, why: str
) -> Iterator[Change]:
    """Caffe draws from min (0 unless written) to max (1); the std of that is (max - min) / sqrt(12)."""
    middle, half = (filler.min + filler.max) / 2, std * sqrt(3)
    if "min" not in block and "max" not in block:
        middle = 0.0  # 0..1 is nobody's intention
    changes = (
        written(file, f"{where}.min", block, "min", middle - half, why),
        written(file, f"{where}.max", block, "max", middle + half, why),
    )
    yield from (change for change in changes if change is not None)


def _gaussian(file: Path, where: str, block: Message, std: float, why: str) -> Iterator[Change]:
    kind, value = block.scalar("type"), block.get("value")
    if not block.fields:
        yield inserted(file, where, block, [("type", "gaussian"), ("std", std)], why)
        return
    if kind is None or kind.word != "gaussian":
        change = written(file, f"{where}.type", block, "type", "gaussian", why)
        if change is not None:
            yield change
    if value is not None and isinstance(value.value, Scalar) and "std" not in block:
        edit = rename(value, "std", std, why)  # a constant's value would be read by no one
        yield Change(file, value.line, f"{where}.std", value.raw.rstrip(",; "), edit.text, edit)
        return
    change = written(file, f"{where}.std", block, "std", std, why)
    if change is not None:
        yield change
