"""What checks and verdicts look at: a trace, and what is known of the training besides."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import numpy.typing as npt

from autofix.debuginfo import BlobKey, Trace
from autofix.errors import InputError
from autofix.health.learning import Floats, Learning, learning
from autofix.health.steps import coasting, steps
from autofix.model import Net, Solver
from autofix.prototxt import parse

WEIGHT_INDICES = {  # which parameters of a layer are weights: biases start at zero and tell nothing of health
    "Convolution": (0,),
    "Deconvolution": (0,),
    "InnerProduct": (0,),
    "Embed": (0,),
    "LSTM": (0, 2, 3),
    "RNN": (0, 2, 3),
}


@dataclass(frozen=True)
class Facts:
    """What is known of a training apart from its log.

    Args:
        constant: the loss of the best answer that ignores the input, or None where it cannot be computed.
        constant_source: in plain words, where that number comes from.
    """

    constant: float | None = None
    constant_source: str = ""


@dataclass(frozen=True, slots=True)
class Input:
    """A blob that comes from the data and is no label. ``size`` is its mean |x| in the first iteration."""

    layer: str
    blob: str
    size: float


@dataclass(frozen=True, slots=True)
class Weight:
    """One learnable weight blob: where its numbers are in the trace.

    Args:
        data: column of mean |w|; diff: column of mean |gradient|.
        multiplier: lr_mult.
    """

    layer: str
    index: int
    data: int
    diff: int
    multiplier: float


@dataclass(frozen=True)
class View:
    """A trace beside the facts.

    Arrays are ``[N]`` over the rows of the trace or, where they come from backward passes, ``[S]`` over its `steps`:
    Caffe ends with a forward pass alone, and debug_info may have been logged now and then only.
    """

    facts: Facts
    trace: Trace

    def __len__(self) -> int:
        return len(self.trace)

    @property
    def loss(self) -> Floats:
        """The training loss; NaN where it is not a number or was not logged."""
        return self.trace.loss

    @property
    def net(self) -> Net | None:
        """The TRAIN net as Caffe printed it, or None where the log starts after that."""
        return _net(self.trace.net_text)

    @property
    def solver(self) -> Solver | None:
        """The solver as Caffe printed it, or None."""
        return _solver(self.trace.solver_text)

    @cached_property
    def learning(self) -> Learning:
        """Whether learning has begun; of the losses that are finite."""
        return learning(self.loss[np.isfinite(self.loss)], self.facts.constant, self.pretrained)

    @property
    def pretrained(self) -> bool:
        """Whether the first loss may be a learned one: weights came from a file, or the log starts later."""
        trace = self.trace
        return bool(trace.finetuned_from or trace.runs[0].resumed_from or (len(trace) and trace.iterations[0] > 0))

    @cached_property
    def weights(self) -> tuple[Weight, ...]:
        """The weights that get a gradient and are meant to learn, in net order."""
        found = _weights(self.trace.keys, self.trace.net_text)
        columns = [weight.diff for weight in found]
        logged = [found[place] for place in np.flatnonzero(np.any(self.trace.logged[:, columns], axis=0))]
        if self.net is None:
            logged = [weight for weight in logged if not self.trace.keeps_statistics(weight.layer)]
        return tuple(logged)

    @cached_property
    def data_layers(self) -> frozenset[str]:
        """The layers that the data comes from."""
        if self.net is not None:
            return frozenset(data.name for data in self.net.inputs)
        return frozenset(self.trace.layers[:1])

    @cached_property
    def inputs(self) -> tuple[Input, ...]:
        """The data blobs that are no labels, with their size."""
        return tuple(_inputs(self))

    @cached_property
    def steps(self) -> npt.NDArray[np.intp]:
        """The rows that have a backward pass."""
        columns = [weight.diff for weight in self.weights]
        return np.flatnonzero(self.trace.logged[:, columns].any(axis=1))

    @property
    def step_iterations(self) -> npt.NDArray[np.int64]:
        """Their iterations, ``[S]``."""
        return np.asarray(self.trace.iterations[self.steps])

    def data(self, weight: Weight) -> Floats:
        """Mean |w|, ``[S]``."""
        return self._data[weight]

    def gradient(self, weight: Weight) -> Floats:
        """Mean |gradient|, as accumulated, ``[S]``."""
        return self._gradients[weight]

    def update(self, weight: Weight) -> Floats:
        """The step as a share of the weight, ``[S]``: mean |step| / mean |w|; see `steps` for what a step is."""
        return self._updates[weight]

    def coasting(self, weight: Weight) -> float:
        """How far momentum alone would yet move the weight, as a share of what it is now; see `steps.coasting`."""
        size = float(self.data(weight)[-1])
        return coasting(self.solver, self._steps[weight]) / size if size else 0.0

    @cached_property
    def _data(self) -> dict[Weight, Floats]:
        return {weight: self.trace.values[self.steps, weight.data] for weight in self.weights}

    @cached_property
    def _gradients(self) -> dict[Weight, Floats]:
        return {weight: self.trace.values[self.steps, weight.diff] for weight in self.weights}

    @cached_property
    def _updates(self) -> dict[Weight, Floats]:
        with np.errstate(all="ignore"):
            return {weight: step / self.data(weight) for weight, step in self._steps.items()}

    @cached_property
    def _steps(self) -> dict[Weight, Floats]:
        lr, clip = self.trace.lr[self.steps], self.trace.clip_scale[self.steps]
        kept = np.where(np.isfinite(clip), clip, 1.0)
        return {
            weight: steps(self.solver, lr * weight.multiplier, self.gradient(weight) * kept) for weight in self.weights
        }


@lru_cache(maxsize=64)
def _net(text: str) -> Net | None:
    try:
        return Net.read(parse(text)) if text else None
    except InputError:
        return None  # the log is cut off within it


@lru_cache(maxsize=64)
def _solver(text: str) -> Solver | None:
    try:
        return Solver.read(parse(text)) if text else None
    except InputError:
        return None


@lru_cache(maxsize=64)
def _weights(keys: tuple[BlobKey, ...], net_text: str) -> tuple[Weight, ...]:
    net, column = _net(net_text), {key: index for index, key in enumerate(keys)}
    by_name = {layer.name: layer for layer in reversed(net.layers)} if net is not None else {}
    params_of: dict[str, list[BlobKey]] = {key.layer: [] for key in keys if key.role == "param"}
    for key in keys:
        if key.role == "param" and key.kind == "data":
            params_of[key.layer].append(key)
    found = []
    for layer, params in params_of.items():
        known = by_name.get(layer)
        indices = WEIGHT_INDICES.get(known.type, ()) if known is not None else (0,)
        for index in indices:
            diff = column.get(BlobKey(layer, str(index), "param", "diff"))
            multiplier = known.param(index).lr_mult if known is not None else 1.0
            if diff is not None and index < len(params) and multiplier != 0:
                found.append(Weight(layer, index, column[params[index]], diff, multiplier))
    return tuple(found)


def _inputs(view: View) -> Iterator[Input]:
    """Data as the net sees it, behind a Power layer that scales it; without a net, the first blob of the log."""
    net, trace = view.net, view.trace
    if not len(trace):
        return
    features = None
    if net is not None:
        features = {_seen(net, data.name, top) for data in net.inputs for top in data.features}
    for column, key in enumerate(trace.keys):
        wanted = (key.layer, key.blob) in features if features is not None else column == 0
        sizes = trace.values[:, column]
        if key.role == "top" and wanted and (sound := np.isfinite(sizes)).any():  # a log may begin behind the first
            yield Input(key.layer, key.blob, float(sizes[np.argmax(sound)]))


def _seen(net: Net, layer: str, blob: str) -> tuple[str, str]:
    """Where all that reads ``blob`` gets it from: a Power layer behind it, or the layer that makes it."""
    powers = net.blobs.powers(blob)
    return (powers[-1].name, powers[-1].tops[0]) if powers else (layer, blob)
