"""The constant answer, computed from the data: the least loss of an answer that does not depend on the input.

A net whose deep layers are dead still gets there, by its output biases alone; learning is what goes below.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from autofix.prototxt import Message
from studies.corpus.draft import Draft, blobs, has_data
from studies.corpus.generators import Array


@dataclass(frozen=True)
class Goal:
    """What one loss layer of the TRAIN net compares.

    Args:
        weight: its loss_weight.
        prediction: the blob that is judged.
        target: what it should be; one row per record.
    """

    layer: Message
    weight: float
    prediction: str
    target: Array


def goals(draft: Draft) -> tuple[Goal, ...]:
    """The losses of a training that count, the heaviest first."""
    found = []
    for layer in draft.layers("TRAIN"):
        weight = layer.number("loss_weight", 1.0)
        if layer.text("type").endswith("Loss") and weight:
            prediction, *_, target = blobs(layer, "bottom")
            found.append(Goal(layer, weight, prediction, _rows(draft, target)))
    return tuple(sorted(found, key=lambda goal: -goal.weight))


def constant_answer(draft: Draft) -> float | None:
    """The loss that Caffe prints, on average, for the best constant answer; None where it has no lower bound."""
    return _answer(goals(draft))


def main_answer(draft: Draft) -> float | None:
    """The same of its heaviest loss alone, as it counts."""
    return _answer(goals(draft)[:1])


def _answer(found: Sequence[Goal]) -> float | None:
    total = sum(goal.weight * CONSTANTS[goal.layer.text("type")](goal) for goal in found)
    return float(total) if np.isfinite(total) else None


def scale_of(goal: Goal) -> float:
    """The size of a difference between two answers that this loss can feel, in units of the prediction."""
    return float(goal.target.std()) if goal.layer.text("type") == "EuclideanLoss" else 1.0


def _rows(draft: Draft, blob: str) -> Array:
    """The training data behind ``blob``, as the net sees it."""
    layer = next(layer for layer in draft.layers("TRAIN") if blob in blobs(layer, "top"))
    if has_data(layer):
        return _read(draft, layer, blob)
    rows = _rows(draft, blobs(layer, "bottom")[0])
    reshape = layer.message("reshape_param")
    if reshape is None:  # Flatten
        return rows.reshape(len(rows), -1)
    dims = [dim.integer for shape in reshape.messages("shape") for dim in shape.scalars("dim")]
    return rows.reshape(-1, *dims[1:])


def _read(draft: Draft, layer: Message, blob: str) -> Array:
    if draft.tables.store == "hdf5":
        return draft.tables.train[blob].astype(np.float64)
    if blob != blobs(layer, "top")[0]:
        return draft.tables.train["label"].astype(np.float64)
    transform = layer.message("transform_param")
    rows = draft.tables.train["data"].astype(np.float64)
    return rows * (transform.number("scale", 1.0) if transform else 1.0)


# --- one function per loss; formulas follow src/caffe/layers/*_loss_layer.cpp of Caffe 1.0 ---


def _shares(goal: Goal) -> Array:
    """How often each label occurs, as shares of 1."""
    return np.unique(goal.target, return_counts=True)[1] / goal.target.size


def _softmax(goal: Goal) -> float:
    """The entropy of the labels, in nats."""
    shares = _shares(goal)
    return float(-(shares * np.log(shares)).sum())


def _euclidean(goal: Goal) -> float:
    """Half the squared distance to the mean: the loss is sum((a - b)^2) / 2 per record."""
    return float(goal.target.reshape(len(goal.target), -1).var(axis=0).sum() / 2)


def _cross_entropy(goal: Goal) -> float:
    """The entropy of each pixel's mean, summed; targets outside of 0..1 can be answered better and better."""
    if goal.target.min() < 0 or goal.target.max() > 1:
        return -np.inf
    mean = goal.target.reshape(len(goal.target), -1).mean(axis=0)
    mean = mean[(mean > 0) & (mean < 1)]
    return float(-(mean * np.log(mean) + (1 - mean) * np.log(1 - mean)).sum())


def _hinge(goal: Goal) -> float:
    """Per class of share p: L2 is least at 2p - 1, with 4p(1 - p); L1 at -1 or 1, with 2 min(p, 1 - p)."""
    shares, block = _shares(goal), goal.layer.message("hinge_loss_param")
    squared = block is not None and block.text("norm") == "L2"
    return float((4 * shares * (1 - shares) if squared else 2 * np.minimum(shares, 1 - shares)).sum())


def _contrastive(goal: Goal) -> float:
    """All at one point: pairs of the same kind cost nothing, the others half the squared margin."""
    block = goal.layer.message("contrastive_loss_param")
    margin = block.number("margin", 1.0) if block is not None else 1.0
    return float((goal.target == 0).mean() * margin**2 / 2)


CONSTANTS: Mapping[str, Callable[[Goal], float]] = {
    "SoftmaxWithLoss": _softmax,
    "EuclideanLoss": _euclidean,
    "SigmoidCrossEntropyLoss": _cross_entropy,
    "HingeLoss": _hinge,
    "ContrastiveLoss": _contrastive,
}
