"""Fillers as edits: the weights of a layer are drawn with another standard deviation, its biases start elsewhere.

Weights become a gaussian, whatever the filler was, except for a uniform one, which stays uniform. Biases are left
alone by that; of their own, only a constant is changed to another.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import sqrt

from autofix.model.change import Change, inserted, label, written
from autofix.model.filler import Filler
from autofix.model.layer import Layer
from autofix.prototxt import Content, Field, Message, Scalar, rename


def refill(layer: Layer, std: float, why: str) -> Iterator[Change]:
    """The changes that make Caffe draw the layer's weights with ``std``.

    Raises:
        ValueError: the layer's weights are left alone (see Layer.refillable).
    """
    filler, settings = layer.weight_filler, layer.settings(layer.weight_block)
    if filler is None or settings is None or not layer.refillable:
        raise ValueError(f"the weights of layer {layer.name} are not drawn by a filler that takes a std")
    if filler.written is None or not filler.written.fields:
        yield _fresh(layer, settings, filler.written, std, why)
    elif filler.type == "uniform":
        yield from _uniform(layer, filler, filler.written, std, why)
    else:
        yield from _gaussian(layer, filler.written, std / filler.sparsity(layer.num_output), why)


def start_biases(layer: Layer, value: float, why: str) -> Iterator[Change]:
    """The change that lets the layer's biases start at ``value`` in place of another constant.

    Raises:
        ValueError: no constant is written for them.
    """
    filler = layer.bias_filler
    if filler is None or filler.written is None or filler.type != "constant":
        raise ValueError(f"the biases of layer {layer.name} are not filled with a constant")
    yield from written(layer.path, _label(layer, "value", "bias_filler"), filler.written, "value", value, why)


def _label(layer: Layer, name: str = "", filler: str = "weight_filler") -> str:
    return label(layer, layer.weight_block if layer.version else "", filler, name)


def _fresh(layer: Layer, settings: Message, empty: Message | None, std: float, why: str) -> Change:
    """A filler where there is none, before that of the biases."""
    gaussian: list[tuple[str, Content]] = [("type", "gaussian"), ("std", std)]
    if empty is not None:
        return inserted(layer.path, _label(layer), empty, gaussian, why)
    fields = settings.fields
    bias = next((index for index, field in enumerate(fields) if field.name == "bias_filler"), 0)
    after: Field | None = fields[bias - 1] if bias else None
    block: list[tuple[str, Content]] = [("weight_filler", gaussian)]
    return inserted(layer.path, _label(layer), settings, block, why, after)


def _uniform(layer: Layer, filler: Filler, block: Message, std: float, why: str) -> Iterator[Change]:
    """Uniform from min to max has a std of (max - min) / sqrt(12); Caffe's own 0..1 is nobody's intention."""
    middle = (filler.min + filler.max) / 2 if "min" in block or "max" in block else 0.0
    half = std * sqrt(3)
    yield from written(layer.path, _label(layer, "min"), block, "min", middle - half, why)
    yield from written(layer.path, _label(layer, "max"), block, "max", middle + half, why)


def _gaussian(layer: Layer, block: Message, std: float, why: str) -> Iterator[Change]:
    yield from written(layer.path, _label(layer, "type"), block, "type", "gaussian", why)
    value = block.get("value")
    if value is not None and isinstance(value.value, Scalar) and "std" not in block:
        edit = rename(value, "std", std, why)  # a constant's value, which a gaussian does not read
        yield Change(layer.path, value.line, _label(layer, "std"), value.raw.rstrip(",; "), edit.text, edit)
    else:
        yield from written(layer.path, _label(layer, "std"), block, "std", std, why)
