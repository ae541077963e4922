"""Has learning begun? Told from the loss and from what a net without any input could reach.

A falling loss is not learning: a net whose deep layers are dead still learns its output biases and so reaches
the *constant answer* (the class prior's entropy, the mean target's error). Learning goes below that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float64]

# All set on the half of studies/ for that, unless another source is named.
WINDOWS = (10, 20, 40)  # iterations averaged over; long ones see through the noise of small batches
MARGIN = 0.05  # share of the constant answer to be below it; half of what the rule of the ground truth asks for
SIGMAS = 3.0  # standard errors of the window's mean: the usual three
START, START_SIGMAS = 5, 2.0  # first losses whose mean is the start, and standard errors of that
UNKNOWN_START, UNKNOWN_DROP = 3, 0.5  # where the constant answer is not known: first losses, and share of their mean


@dataclass(frozen=True, slots=True)
class Learning:
    """What the losses so far say.

    Args:
        answer: loss of the constant answer, or the stand-in for it where that is not known.
        known: whether ``answer`` is that of the data, not a stand-in.
        began: index of the iteration at which learning was certain, or None.
        best: lowest mean loss over the shortest window.
        now: mean loss over the last such window.
    """

    answer: float
    known: bool
    began: int | None
    best: float
    now: float


def means(loss: Floats, window: int) -> Floats:
    """Mean over each run of ``window`` losses; shape ``[N - window + 1]``, index 0 ends at ``window - 1``."""
    return _sums(loss, window) / window


def _sums(values: Floats, window: int) -> Floats:
    """Sum over each run of ``window`` values. Differences of one running sum would do it faster, but lose all small
    values behind a huge one."""
    count = len(values) - window + 1
    total = np.zeros(count)
    for first in range(window):
        total += values[first : first + count]
    return total


def _deviations(loss: Floats, mean: Floats) -> Floats:
    """Standard deviation within each run of losses whose mean is ``mean``; as long as that."""
    window = len(loss) - len(mean) + 1
    total = np.zeros(len(mean))
    for first in range(window):
        total += (loss[first : first + len(mean)] - mean) ** 2
    return np.asarray(np.sqrt(total / window))


def learning(loss: Floats, constant: float | None, pretrained: bool = False) -> Learning:
    """Judge finite losses of shape ``[N]``.

    Args:
        constant: loss of the constant answer, or None where it cannot be computed.
        pretrained: the weights come from a file, so that the loss may be low from the start. Otherwise it must have
            come down too: by chance a fresh net can be better than the constant answer.
    """
    short = min(WINDOWS[0], len(loss))
    answer = constant if constant is not None else UNKNOWN_DROP * float(np.mean(loss[:UNKNOWN_START]))
    margin = MARGIN * abs(answer) if constant is not None else 0.0
    start = np.inf if pretrained else float(np.mean(loss[:START]))
    began = [at for window in WINDOWS if (at := _below(loss, window, answer - margin, start)) is not None]
    smooth = means(loss, short)
    return Learning(
        answer=answer,
        known=constant is not None,
        began=min(began) if began else None,
        best=float(smooth.min()),
        now=float(smooth[-1]),
    )


def _below(loss: Floats, window: int, limit: float, start: float) -> int | None:
    """The first index at which the mean of a whole window lies below ``limit``, and below ``start``, beyond doubt.

    ``start`` is itself the mean of a few losses, whose own error counts too.
    """
    if len(loss) < window:
        return None
    mean = means(loss, window)
    spread = _deviations(loss, mean)
    doubt = SIGMAS * spread / np.sqrt(window)
    certain = np.flatnonzero((mean + doubt < limit) & (mean + doubt < start - START_SIGMAS * spread / np.sqrt(START)))
    return int(certain[0]) + window - 1 if len(certain) else None
