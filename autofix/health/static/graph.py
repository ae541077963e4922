"""How the layers of a net hang together, as far as rules ask."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from math import prod, sqrt
from statistics import fmean

from autofix.health.static.subject import Subject
from autofix.model import DataInput, Layer, Net
from autofix.model.kinds import RESHAPING, is_sink

NORMALISING = frozenset({"BatchNorm", "BN", "MVN", "Normalize", "LayerNorm", "InstanceNorm"})
PLAIN_STD = 0.01  # of the weights in Caffe's own AlexNet; for layers whose inputs cannot be counted


def behind(net: Net, layer: Layer) -> Iterator[Layer]:
    """The layers that the outputs of ``layer`` reach, each once."""
    seen, queue = {layer}, list(layer.tops)
    done: set[str] = set()
    while queue:
        blob = queue.pop()
        if blob in done:
            continue
        done.add(blob)
        for reader, _ in net.consumers(blob):
            if reader not in seen:
                seen.add(reader)
                queue += reader.tops
                yield reader


def hidden(net: Net, layer: Layer) -> bool:
    """Whether other weights follow, before the loss."""
    return any(other.weight_block for other in behind(net, layer))


def learning_layers(net: Net) -> frozenset[Layer]:
    """The layers on which a loss depends."""
    found: set[Layer] = set()
    queue = [loss.layer for loss in net.losses]
    while queue:
        layer = queue.pop()
        if layer not in found:
            found.add(layer)
            queue += [maker for bottom in layer.bottoms for maker in net.producers(bottom)]
    return frozenset(found)


def normalised(net: Net, blob: str) -> bool:
    """Whether all that read ``blob`` bring it to unit size themselves, at once or behind their weights."""
    readers = [layer for layer, _ in net.consumers(blob) if not is_sink(layer.type)]
    return bool(readers) and all(
        layer.type in NORMALISING
        or (
            layer.weight_block
            and any(after.type in NORMALISING for top in layer.tops for after, _ in net.consumers(top))
        )
        for layer in readers
    )


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the values of a blob come from: x of the data became ``scale`` x + ``shift``."""

    data: DataInput
    blob: str
    scale: float
    shift: float

    def of(self, value: float) -> float:
        """What becomes of a value."""
        return self.scale * value + self.shift


def origin(net: Net, blob: str) -> Origin | None:
    """The data that ``blob`` holds, laid out anew, shifted or multiplied at most; None if it holds anything else."""
    maps: list[tuple[float, float]] = []  # of the Power layers on the way, the last one first
    for _ in net.layers:
        data = next((data for data in net.inputs if blob in data.tops), None)
        if data is not None:
            return _mapped(data, blob, maps[::-1])
        maker = next(net.producers(blob), None)
        if maker is None or not maker.bottoms or (maker.type not in RESHAPING and maker.linear is None):
            return None
        maps += [maker.linear] if maker.linear is not None else []
        blob = maker.bottoms[0]
    return None


def seen(net: Net, data: DataInput, blob: str) -> Origin | None:
    """What the net makes of the values of ``blob`` before its other layers read it; None if that is not linear."""
    maps = [layer.linear for layer in net.blobs.powers(blob)]
    known = [each for each in maps if each is not None]
    return _mapped(data, blob, known) if len(known) == len(maps) else None


def _mapped(data: DataInput, blob: str, maps: Iterable[tuple[float, float]]) -> Origin:
    """Data after its own transformation (a mean from a file is not known and taken to be 0) and then ``maps``."""
    own = blob == data.tops[0]
    scale = data.scale if own else 1.0
    shift = -scale * fmean(data.mean_values) if data.mean_values and own else 0.0
    for factor, summand in maps:
        scale, shift = factor * scale, factor * shift + summand
    return Origin(data, blob, scale, shift)


def fan_in(subject: Subject, layer: Layer) -> float | None:
    """The inputs of each output of a layer of the TRAIN net, where prototxts and data tell."""
    channels, flat = subject.channels.get(layer.bottoms[0] if layer.bottoms else "", (0, False))
    if channels <= 0 or not (flat or layer.kernel) or layer.type == "Deconvolution":
        return None
    inputs = channels / layer.group * prod(layer.kernel)
    return inputs if inputs > 0 else None


def random_stds(subject: Subject, layer: Layer) -> Mapping[str, float]:
    """A std for the weights of a layer of the TRAIN net with which its outputs are about as large as its inputs.

    It is sqrt(2 / fan_in), which is "msra" (He et al. 2015). Empty where no std can be given.
    """
    if not layer.refillable:
        return {}
    inputs = fan_in(subject, layer)
    return {layer.name: PLAIN_STD if inputs is None else float(f"{sqrt(2 / inputs):.3g}")}
