"""The labelling rule: from a whole training's loss curve to its label.

With c the constant answer (constant.py), "best" the lowest mean over 100 iterations in a row, and "end" the lower of
two means, over the last 100 iterations (it may just be learning) and over the last tenth (it may wander):

1. cannot-run: Caffe printed no loss, or stopped by itself before max_iter with a finite loss.
2. diverged, at the first printed loss that is NaN or infinite. Also if the trained net answers NaN, which some losses
   hide (max(0, NaN) is 0 in HingeLoss): then when the loss became what it stayed.
3. learned: best < 0.9 c.
   - stable-and-learning if the end keeps at least half of it: end <= (best + c) / 2;
   - else diverged, when the mean over 100 iterations first rose above that again.
4. not learned:
   - diverged if end > 2 max(start, c), start being the very first loss; when the mean over 100 iterations first did;
   - dead if the trained net gives the same answer to every record (spread < 0.01, see training.py);
   - undecided if end < 0.98 c: on its way, and the training too short to tell;
   - not-learning else.

Where there is no constant answer (a loss without lower bound), half the very first loss stands in for c. A first loss
below 0.6 c takes its place: siamese towers of random weights already tell pairs apart better than a constant does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Losses = npt.NDArray[np.float64]

STABLE, DIVERGED, DEAD = "stable-and-learning", "diverged", "dead"
NOT_LEARNING, CANNOT_RUN, UNDECIDED = "not-learning", "cannot-run", "undecided"
LABELS = (STABLE, DIVERGED, DEAD, NOT_LEARNING, CANNOT_RUN, UNDECIDED)

WINDOW = 100  # iterations in a running mean
LEARNED = 0.9  # of the constant answer
KEPT = 0.5  # of what was learned
AHEAD = 0.6  # of the constant answer
FLAT = 0.98  # of the constant answer
BLOWN = 2.0  # times start or constant answer
SAME = 0.01  # spread of answers, in units the loss can feel


@dataclass(frozen=True, slots=True)
class Truth:
    """A label and what it rests on.

    Args:
        when: the iteration of a divergence, else None.
        start, best, end: losses as in the rule; None where there are none.
    """

    label: str
    why: str
    when: int | None = None
    start: float | None = None
    best: float | None = None
    end: float | None = None


def judge(losses: Losses, constant: float | None, *, finished: bool, spread: float | None = None) -> Truth:
    """Label a training.

    Args:
        losses: as printed at each iteration, [N].
        constant: the loss of the constant answer, None if there is none.
        finished: whether it came to its own end (or was stopped because a loss was not finite).
        spread: how much the trained net's answers differ from record to record; nan if an answer is not finite; None
            if that is not known.
    """
    if not len(losses):
        return Truth(CANNOT_RUN, "no iteration")
    bad = np.flatnonzero(~np.isfinite(losses))
    if len(bad):
        return Truth(DIVERGED, f"loss is {losses[bad[0]]}", int(bad[0]), start=float(losses[0]))
    if not finished:
        return Truth(CANNOT_RUN, f"ended by itself after {len(losses)} iterations", start=float(losses[0]))
    if spread is not None and np.isnan(spread):
        moving = np.flatnonzero(losses != losses[-1])
        return Truth(DIVERGED, "answers nan", int(moving[-1]) + 1 if len(moving) else 0, start=float(losses[0]))
    return _judge_finite(losses, constant, spread)


def _judge_finite(losses: Losses, constant: float | None, spread: float | None) -> Truth:
    start, smooth = float(losses[0]), running_mean(losses)
    best, end = float(smooth.min()), float(min(smooth[-1], losses[-(len(losses) // 10 + 1) :].mean()))
    answer = start / 2 if constant is None else start if start < AHEAD * constant else constant
    lag = len(losses) - len(smooth)
    facts: dict[str, Any] = {"start": start, "best": best, "end": end}
    keep = answer - KEPT * (answer - best)
    if best < LEARNED * answer:
        if end <= keep:
            return Truth(STABLE, "learned and kept it", **facts)
        lost = _first(smooth > keep, after=_first(smooth <= keep))
        return Truth(DIVERGED, "lost what it had learned", lost + lag, **facts)
    far = BLOWN * max(start, answer)
    if end > far:
        return Truth(DIVERGED, "ends far above its start", _first(smooth > far) + lag, **facts)
    if spread is not None and spread < SAME:
        return Truth(DEAD, "the same answer whatever the input", **facts)
    if end < FLAT * answer:
        return Truth(UNDECIDED, "on its way down, or up", **facts)
    return Truth(NOT_LEARNING, "never below the constant answer", **facts)


def running_mean(losses: Losses) -> Losses:
    """Mean of ``WINDOW`` losses in a row (of all, if there are fewer); [N - WINDOW + 1], the last ends with them."""
    window = min(WINDOW, len(losses))
    total = np.concatenate(([0.0], np.cumsum(losses)))
    return np.asarray((total[window:] - total[:-window]) / window)


def _first(found: npt.NDArray[np.bool_], after: int = 0) -> int:
    """The first index from ``after`` on at which ``found`` is true; there is one."""
    return after + int(np.argmax(found[after:]))
