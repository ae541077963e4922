"""Numbers that run away: blobs that grow out of all proportion, and losses far above or below where they may be."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from autofix.health.learning import Floats
from autofix.health.view import View

ROUNDING = 2.0**-18  # of the largest loss so far: 64 times what one sum in float32 may lose
BLOWN = 4.0  # times the first loss; where the learning rate finder stops, too (S. Gugger 2018; fastai)
STARTS = 3  # losses that tell where a training began, if no more is known of it

# Losses that cannot be below zero (src/caffe/layers/*_loss_layer.cpp of Caffe 1.0). That of SigmoidCrossEntropyLoss is,
# where targets lie outside of 0..1, and there it has no least value.
NEVER_NEGATIVE = (
    "SoftmaxWithLoss",
    "EuclideanLoss",
    "HingeLoss",
    "ContrastiveLoss",
    "SigmoidCrossEntropyLoss",
)


@dataclass(frozen=True)
class Growth:
    """When a blob has grown out of all proportion.

    Args:
        huge: mean absolute value (the answer on debug_info that this project began with names e+8).
        grown: times the largest of its first values, so that a blob which is large by nature is left alone. Set on the
            half of studies/ for that.
        first: iterations that these are from.
    """

    huge: float = 1e8
    grown: float = 1e3
    first: int = 3

    def start(self, values: Floats) -> Floats:
        """The largest finite value of each blob at first, ``[K]``, from values of shape ``[N, K]``."""
        early = values[: self.first]
        return np.asarray(np.max(np.where(np.isfinite(early), early, 0.0), axis=0, initial=0.0))

    def wild(self, values: Floats, rows: slice = slice(None)) -> npt.NDArray[np.bool_]:
        """Where a blob is that large, in these rows of ``values``; ``[N, K]``."""
        with np.errstate(all="ignore"):
            return np.asarray((values[rows] >= self.huge) & (values[rows] >= self.grown * self.start(values)))


def blown_limit(view: View) -> float:
    """The loss above which a training has blown up: `BLOWN` times the first, or the constant answer if larger.

    Where that is not known, the largest of the first `STARTS` losses stands in for one lucky batch; where none of these
    is above 0, nothing is known.
    """
    finite, constant = view.loss[np.isfinite(view.loss)], view.facts.constant
    start = float(np.max(finite[: 1 if constant else STARTS], initial=0.0))
    limit = BLOWN * max(start, abs(constant or 0.0))
    return limit if limit > 0 else np.inf


def least_loss(view: View) -> float:
    """The least loss this net can have: 0 where no loss of it is of a kind that can be below, else -infinity."""
    losses = view.net.losses if view.net is not None else ()
    bounded = losses and all(loss.layer.type in NEVER_NEGATIVE and loss.weight >= 0 for loss in losses)
    return 0.0 if bounded else -np.inf


def lost_digits(loss: Floats) -> Floats:
    """By how much printed losses, ``[N]``, may be off: Caffe's running sum never gets back what the largest pushed out.

    `autofix.debuginfo.exact_loss` tells why, and mends it where the net's outputs tell the loss.
    """
    return np.asarray(ROUNDING * np.maximum.accumulate(np.where(np.isfinite(loss), np.abs(loss), 0.0)))
