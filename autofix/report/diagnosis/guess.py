"""What a net that knows nothing yet should cost: the loss of an answer without any preference.

Formulas follow src/caffe/layers/*_loss_layer.cpp of Caffe 1.0.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import prod

from autofix.debuginfo import Trace
from autofix.model import Loss, Net


@dataclass(frozen=True, slots=True)
class Guess:
    """What an answer without any preference costs, and where that number comes from."""

    loss: float
    source: str


def blind_guess(net: Net, trace: Trace) -> Guess | None:
    """Return the loss of a net that gives every answer the same score, 0, or None where that is not known."""
    total, sources = 0.0, list[str]()
    for loss in net.losses:
        rule = _GUESSES.get(loss.layer.type)
        found = rule(loss, trace) if rule is not None else None
        if found is None:
            return None
        total += loss.weight * found.loss
        sources.append(f"{found.source}{f', times {loss.weight:g}' if loss.weight != 1 else ''}")
    return Guess(total, " and ".join(dict.fromkeys(sources))) if total > 0 else None


def _softmax(loss: Loss, trace: Trace) -> Guess | None:
    summed = _summed(loss, trace)
    if not loss.classes or loss.classes < 2 or not summed:
        return None
    told = f"ln {loss.classes}, for {loss.classes} classes"
    return Guess(summed * math.log(loss.classes), f"{told}{f', summed over {summed} values' if summed > 1 else ''}")


def _summed(loss: Loss, trace: Trace) -> int:
    """Answers whose losses Caffe adds up to the one it prints: 1 where it takes their mean; 0 if not known."""
    normalization = loss.normalization("VALID")
    if loss.layer.type != "SoftmaxWithLoss" or normalization in ("VALID", "FULL"):
        return 1
    shape = _shape(loss, trace)
    if normalization not in ("BATCH_SIZE", "NONE") or not shape or loss.layer.settings("softmax_param") is not None:
        return 0  # another axis than the second may hold the classes
    places = prod(shape[2:])
    return places if normalization == "BATCH_SIZE" else shape[0] * places


def _hinge(loss: Loss, _: Trace) -> Guess | None:
    return Guess(float(loss.classes), f"1 for each of {loss.classes} classes") if loss.classes else None


def _cross_entropy(loss: Loss, trace: Trace) -> Guess | None:
    values = _values(loss, trace)
    if not values or loss.layer.message.message("loss_param") is not None:
        return None  # another normalisation may be asked for
    return Guess(values * math.log(2), f"ln 2 for each of {values} values")


def _contrastive(loss: Loss, _: Trace) -> Guess:
    settings = loss.layer.settings("contrastive_loss_param")
    margin = settings.number("margin", 1.0) if settings is not None else 1.0
    return Guess(margin**2 / 2, f"half the square of the margin {margin:g}, at most")


_GUESSES: Mapping[str, Callable[[Loss, Trace], Guess | None]] = {
    "SoftmaxWithLoss": _softmax,
    "MultinomialLogisticLoss": _softmax,
    "HingeLoss": _hinge,
    "SigmoidCrossEntropyLoss": _cross_entropy,
    "ContrastiveLoss": _contrastive,
}


def typical_miss(net: Net, trace: Trace, first: float) -> float | None:
    """Return by how much answers miss, as a root mean square, if all the net has is one regression.

    Its loss is the sum of (a - b)^2 / 2 over the values of a record.
    """
    losses = net.losses
    if len(losses) != 1 or losses[0].layer.type != "EuclideanLoss" or losses[0].weight <= 0:
        return None
    values = _values(losses[0], trace)
    return math.sqrt(2 * first / losses[0].weight / values) if values else None


def _values(loss: Loss, trace: Trace) -> int:
    """Values of one record's prediction; 0 where the log does not tell."""
    shape = _shape(loss, trace)
    return prod(shape[1:]) if shape else 0


def _shape(loss: Loss, trace: Trace) -> tuple[int, ...]:
    """The shape of the prediction, records first; empty where the log does not tell."""
    shapes = [shape for (_, blob), shape in trace.shapes.items() if blob == loss.prediction]
    return shapes[-1] if shapes else ()
