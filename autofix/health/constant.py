"""The constant answer: the loss of the best answer that ignores its input.

A net whose deep layers are dead still reaches it, by its output biases alone; learning is what goes below. Formulas
follow src/caffe/layers/*_loss_layer.cpp of Caffe 1.0.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from autofix.health.targets import Target, target_of
from autofix.health.view import Facts
from autofix.model import Loss, Net

if TYPE_CHECKING:
    from autofix.caffe.tops import TopAudit

Told: TypeAlias = "tuple[float, str] | None"  # a loss, and in words where it comes from


def constant_answer(net: Net, targets: Mapping[str, TopAudit]) -> Facts:
    """Return the loss of the constant answer, summed over the losses of ``net`` with their weights.

    Args:
        targets: what was found in the data, by blob; labels missing here are taken as evenly spread.
    """
    total, sources = 0.0, []
    for loss in net.losses:
        rule = RULES.get(loss.layer.type)
        told = rule(loss, target_of(net, _label(loss), targets)) if rule is not None else None
        if told is None or not math.isfinite(told[0]):
            return Facts()
        total += loss.weight * told[0]
        sources.append(told[1])
    return Facts(total, " and ".join(dict.fromkeys(sources))) if sources else Facts()


def _label(loss: Loss) -> str:
    """What is compared; the third bottom of a ContrastiveLoss tells which pairs are alike."""
    if loss.layer.type != "ContrastiveLoss":
        return loss.label
    return loss.layer.bottoms[2] if len(loss.layer.bottoms) > 2 else ""


def _softmax(loss: Loss, target: Target | None) -> Told:
    normalization = loss.normalization("VALID")
    if normalization not in ("VALID", "FULL") and not (normalization == "BATCH_SIZE" and loss.is_flat):
        return None  # a sum over all places of a record, or over a batch
    if target is not None and target.found.labels is not None:
        return target.found.labels.entropy, "the entropy of the labels"
    if loss.classes and loss.classes > 0:
        return math.log(loss.classes), f"ln {loss.classes}, for {loss.classes} classes"
    return None


def _euclidean(_: Loss, target: Target | None) -> Told:
    """Half the squared distance to the mean: the loss is the sum of (a - b)^2 / 2 per record."""
    if target is None:
        return None
    return target.scale**2 * target.found.constant_error / target.rows, "half the variance of the targets"


def _cross_entropy(loss: Loss, target: Target | None) -> Told:
    """The entropy of each value's mean, summed; targets outside of 0..1 can be answered better and better."""
    if target is None or target.found.means is None or target.shift is None:
        return None
    ends = (target.of(target.found.minimum), target.of(target.found.maximum))
    mean = target.scale * target.found.means + target.shift
    if any(end is None or not 0 <= round(end, 4) <= 1 for end in ends):
        return None
    inside = mean[(mean > 0) & (mean < 1)]
    entropy = float(-(inside * np.log(inside) + (1 - inside) * np.log(1 - inside)).sum())
    normalization = loss.normalization("BATCH_SIZE")
    if normalization not in ("BATCH_SIZE", "VALID", "FULL"):
        return None
    return entropy / (target.rows if normalization == "BATCH_SIZE" else mean.size), "the entropy of the targets' means"


def _hinge(loss: Loss, target: Target | None) -> Told:
    """Per class of share p: L1 is least at -1 or 1, with 2 min(p, 1 - p); L2 at 2p - 1, with 4p(1 - p)."""
    if target is None or target.found.labels is None:
        return None
    settings = loss.layer.settings("hinge_loss_param")
    squared = settings is not None and settings.text("norm", "L1") in ("L2", "2")
    shares = np.array(list(target.found.labels.counts.values())) / sum(target.found.labels.counts.values())
    costs = 4 * shares * (1 - shares) if squared else 2 * np.minimum(shares, 1 - shares)
    return float(costs.sum()), "the shares of the labels"


def _contrastive(loss: Loss, target: Target | None) -> Told:
    """All at one point: pairs of the same kind cost nothing, the others half the squared margin."""
    if target is None or target.found.labels is None:
        return None
    settings = loss.layer.settings("contrastive_loss_param")
    margin = settings.number("margin", 1.0) if settings is not None else 1.0
    legacy = settings is not None and settings.text("legacy_version", "false") == "true"
    counts = target.found.labels.counts
    share = counts.get(0, 0) / sum(counts.values())
    return share * (margin if legacy else margin**2) / 2, "half the squared margin, for the share of unlike pairs"


RULES: Mapping[str, Callable[[Loss, Target | None], Told]] = {
    "SoftmaxWithLoss": _softmax,
    "MultinomialLogisticLoss": _softmax,
    "EuclideanLoss": _euclidean,
    "SigmoidCrossEntropyLoss": _cross_entropy,
    "HingeLoss": _hinge,
    "ContrastiveLoss": _contrastive,
}
