"""How the blobs of a layer learn, in the words of today and of V1."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

from autofix.prototxt import Message

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Param:
    """The learning of one blob of a layer: ``param { lr_mult: 1 decay_mult: 1 name: "shared" }``."""

    lr_mult: float = 1.0
    decay_mult: float = 1.0
    name: str = ""


def read_params(layer: Message) -> tuple[Param, ...]:
    """The ``param`` blocks of a ``layer``."""
    blocks = layer.messages("param")
    return tuple(Param(p.number("lr_mult", 1.0), p.number("decay_mult", 1.0), p.text("name")) for p in blocks)


def read_old_params(layer: Message, inner: Message) -> tuple[Param, ...]:
    """``blobs_lr``, ``weight_decay`` and ``param`` (a name) of ``layers``, one of each per blob, some of them missing.

    Args:
        inner: the block of the first two: of V0 the ``layer`` within, of V1 ``layer`` itself.

    Raises:
        PrototxtError: ``param`` is a block, as in a ``layer``.
    """
    block = next((value for value in layer.values("param") if isinstance(value, Message)), None)
    if block is not None:
        raise block.error("'layers' is the old format, in which param is a name in quotes: write 'layer' for this one")
    rates = [scalar.number for scalar in inner.scalars("blobs_lr")]
    decays = [scalar.number for scalar in inner.scalars("weight_decay")]
    names = [scalar.word for scalar in layer.scalars("param")]
    count = max(len(rates), len(decays), len(names))
    columns = (padded(rates, count, 1.0), padded(decays, count, 1.0), padded(names, count, ""))
    return tuple(Param(*row) for row in zip(*columns, strict=True))


def padded(values: list[T], count: int, default: T) -> list[T]:
    """``values``, and ``default`` for those that are missing of ``count``."""
    return [*values, *[default] * (count - len(values))]
