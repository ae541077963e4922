"""How bad it is that a layer's weights start out all the same."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from autofix.health.finding import Severity
from autofix.health.static.graph import behind
from autofix.model import Filler, Layer, Net


def constant(layer: Layer) -> bool:
    """Whether the weights of ``layer`` learn and start out all the same; a missing filler is the constant 0."""
    filler = layer.weight_filler
    if filler is None or layer.param(0).lr_mult == 0:
        return False
    return filler.std_for(1, 1, layer.num_output) == 0


def level(filler: Filler) -> float:
    """The value that a filler without spread gives to every weight."""
    return {"constant": filler.value, "gaussian": filler.mean}.get(filler.type, filler.min)


def effect(net: Net, layer: Layer) -> tuple[Severity, str]:
    """How bad the constant weights of ``layer`` are, and why in plain words.

    A single such layer learns, if slowly at first, since the gradients of its units differ by the weights behind them;
    in the last layer, each output has a target of its own. It cannot where a ReLU gets zeros alone, whose gradient
    is 0 there, nor where the weights behind are constant as well.
    """
    later = (net.owners[other] for other in behind(net, layer) if other.weight_block)
    first = next(later, None)
    if first is None:
        return Severity.WARNING, "all its outputs start alike"
    filler, bias = layer.weight_filler, layer.bias_filler
    zero = filler is not None and level(filler) == 0
    if zero and (bias is None or bias.std_for(1, 1) == 0 >= bias.value) and any(_relus(net, layer)):
        return Severity.ERROR, "the ReLU behind it gets zeros alone and passes no gradient"
    also = next((other for other in chain([first], later) if constant(other)), None)
    if also is not None:
        return Severity.ERROR, f"those of {also.name} behind it are all alike too, so that its units stay so"
    return Severity.WARNING, "its units all start alike"


def _relus(net: Net, layer: Layer) -> Iterator[Layer]:
    """The ReLU layers that the outputs reach before other weights."""
    blobs, done = list(layer.tops), set[str]()
    while blobs:
        blob = blobs.pop()
        for reader, _ in net.consumers(blob) if blob not in done else ():
            if reader.type == "ReLU":
                yield reader
            elif not reader.weight_block:
                blobs += reader.tops
        done.add(blob)
