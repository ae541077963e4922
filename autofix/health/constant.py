"""The constant answer: the loss of the best answer that ignores its input.

A net whose deep layers are dead still reaches it, by its output biases alone; learning is what goes below.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from autofix.health.view import Facts
from autofix.model import Loss, Net

if TYPE_CHECKING:
    from autofix.caffe.tops import TopAudit


def constant_answer(net: Net, targets: Mapping[str, TopAudit]) -> Facts:
    """Return the loss of the constant answer, summed over the losses of ``net`` with their weights.

    Args:
        targets: what was found in the data, by blob; labels missing here are taken as evenly spread.
    """
    total, sources = 0.0, []
    for loss in net.losses:
        value, source = _of(loss, targets.get(loss.label))
        if value is None:
            return Facts()
        total += loss.weight * value
        sources.append(source)
    return Facts(total, " and ".join(dict.fromkeys(sources))) if sources else Facts()


def _of(loss: Loss, target: TopAudit | None) -> tuple[float | None, str]:
    """One loss's constant answer, and in words where it comes from."""
    kind = loss.layer.type
    if kind in ("SoftmaxWithLoss", "MultinomialLogisticLoss") and _plain(loss):
        if target is not None and target.labels is not None:
            return target.labels.entropy, "the entropy of the labels"
        if loss.classes:
            return math.log(loss.classes), f"ln {loss.classes}, for {loss.classes} classes"
    if kind == "EuclideanLoss" and target is not None and math.isfinite(target.constant_error):
        return target.constant_error, "half the variance of the targets"
    return None, ""


def _plain(loss: Loss) -> bool:
    """Whether the loss is a mean over the batch, as it is unless loss_param says otherwise."""
    settings = loss.layer.message.message("loss_param")
    return settings is None or settings.text("normalization", "VALID") in ("VALID", "FULL", "BATCH_SIZE")
