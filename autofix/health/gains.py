"""How a signal changes from layer to layer, and the weights' std that would keep it alive.

A layer with ``n`` inputs to each of its sums keeps the variance of its signal if its weights have the variance
``1/n`` (Glorot and Bengio 2010), or ``2/n`` where a ReLU cuts half of it away (He et al. 2015).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import prod

from autofix.debuginfo import Trace, listed, quoted
from autofix.health.view import View
from autofix.model import Layer, Net
from autofix.model.kinds import RECURRENT

RECTIFIERS = ("ReLU", "PReLU", "ELU")
OFF = 1.5  # times the std that keeps the signal, or 1/1.5: a layer that is redrawn where others are
FAR = 10.0  # times, or 1/10: what all fillers together may do to the signal's size
BASIS = "the number of inputs to each of their sums gives these stds"  # for advice that names some


@dataclass(frozen=True, slots=True)
class Gain:
    """One weight layer at the first iteration.

    Args:
        entering, leaving: mean |x| of its first input and of its output; NaN where the log has no debug_info.
        std: of its weights as drawn; 0 where they are constant.
        keeping: the std that keeps the variance of the signal.
    """

    layer: str
    entering: float
    leaving: float
    std: float
    keeping: float

    @property
    def gain(self) -> float:
        """What one pass through the layer does to the signal's size."""
        return self.leaving / self.entering if self.entering else math.nan

    @property
    def off(self) -> float:
        """The std in units of the one that keeps the signal: below 1 it shrinks, above 1 it grows."""
        return self.std / self.keeping


def gains(view: View) -> tuple[Gain, ...]:
    """Return the gain of every layer that has a weight filler, in net order; needs the net and its shapes.

    Where no magnitudes are logged, the net's text still tells the stds, unless weights came from elsewhere.
    """
    net, trace = view.net, view.trace
    if net is None or not len(trace) or (not trace.has_debug_info and view.pretrained):
        return ()
    return tuple(_gains(net, trace))


def keeping_stds(net: Net, trace: Trace) -> dict[str, float]:
    """Return by layer the weights' std that keeps the signal, for every layer whose filler may be changed.

    Layers that Caffe would refuse are left out: a log may hold them, or be damaged.
    """
    stds = {}
    for layer in net.refillable:
        is_whole = bool(layer.tops) and (layer.num_output or 0) > 0 and min(layer.group, *layer.kernel, 1) > 0
        if is_whole and (inputs := _inputs(layer, trace)) and layer.type != "Embed":
            terms = inputs / layer.group * prod(layer.kernel)
            if layer.type in RECURRENT:
                terms += layer.num_output or 0  # a unit sums over the input and over the state before
            stds[layer.name] = math.sqrt(_wanted(net, layer) / terms)
    return stds


def _gains(net: Net, trace: Trace) -> Iterator[Gain]:
    first = {key: value for key, value in zip(trace.keys, trace.values[0], strict=True) if key.role == "top"}
    keeping = keeping_stds(net, trace)
    for layer in net.refillable:
        if layer.name not in keeping or layer.weight_filler is None:
            continue
        leaving = [value for key, value in first.items() if key.layer == layer.name]
        entering = [value for key, value in first.items() if key.blob in trace.bottoms.get(layer.name, ())[:1]]
        std = layer.weight_filler.std_for(*layer.fans(_inputs(layer, trace)), layer.num_output)
        if not math.isfinite(std):
            continue
        if not trace.has_debug_info:
            yield Gain(layer.name, math.nan, math.nan, std, keeping[layer.name])
        elif leaving and entering and math.isfinite(leaving[0]) and _drawn(layer, std, trace):
            yield Gain(layer.name, entering[-1], leaving[0], std, keeping[layer.name])


def _drawn(layer: Layer, std: float, trace: Trace) -> bool:
    """Whether the weights at the first iteration look like the filler's, and not as if a file had brought them.

    The mean |w| of a gaussian is 0.80 of its std, that of a uniform distribution 0.87.
    """
    key = trace.param_data(layer.name, 0)
    if key is None or std == 0 or (layer.weight_filler is not None and layer.weight_filler.sparse is not None):
        return True
    return 0.6 < float(trace.series(key)[0]) / std < 1.1


def _inputs(layer: Layer, trace: Trace) -> int:
    """Channels of the layer's input, or all its values for an InnerProduct; 0 where the log does not tell."""
    bottoms = trace.bottoms.get(layer.name, ())
    shapes = [shape for (_, blob), shape in trace.shapes.items() if bottoms and blob == bottoms[0]]
    if not shapes or len(shapes[-1]) < 2:
        return 0
    if layer.type in RECURRENT:
        return prod(shapes[-1][2:])
    return shapes[-1][1] if layer.kernel else prod(shapes[-1][1:])


def _wanted(net: Net, layer: Layer) -> float:
    """The variance, times the number of inputs, that keeps the signal through the activation behind the layer.

    A ReLU cuts half of it away. The slope of a sigmoid is a quarter at most, and so is what a gradient keeps of its
    size on the way back: the weights make up for it (Glorot and Bengio 2010 draw them four times as wide).
    """
    kind = _activation(net, layer)
    return 2.0 if kind in RECTIFIERS else 16.0 if kind == "Sigmoid" else 1.0


def _activation(net: Net, layer: Layer) -> str:
    """The activation that the layer's output meets before another layer with weights; empty if there is none."""
    blob, start = layer.tops[0], net.layers.index(layer) + 1
    for later in net.layers[start:]:
        if blob not in later.bottoms:
            continue
        if later.type in (*RECTIFIERS, "Sigmoid", "TanH"):
            return later.type
        if later.weight_block:
            return ""
        blob = later.tops[0] if later.tops else blob
    return ""


def wanted(some: Iterable[Gain]) -> str:
    """The std that keeps the signal, for each of some layers (at least one), in words; like ones are told together."""
    layers: dict[str, list[str]] = {}
    for gain in some:
        layers.setdefault(f"{gain.keeping:.2g}", []).append(quoted(gain.layer))
    return "; ".join(f"{std} for {listed(names)}" for std, names in layers.items())
