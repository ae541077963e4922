"""The labelling rule: from a whole training's loss curve to its label.

With c the constant answer (constant.py), "best" the lowest mean over 100 iterations in a row, and "end" the lower of
two means, over the last 100 iterations (it may just be learning) and over the last tenth (it may wander). Where 100
iterations hold less than 1,000 records, "best" and "end" are over as many as hold these, or the whole data set: a net
that always gives the same answer is better than c on many a hundred records, but not on all of them.

1. cannot-run: Caffe printed no loss, or stopped by itself before max_iter with a finite loss.
2. diverged, at the first printed loss that is NaN or infinite. Also if the trained net answers NaN, which some losses
   hide (max(0, NaN) is 0 in HingeLoss): then when the loss became what it stayed.
3. learned: best < 0.9 c.
   - stable-and-learning if the end keeps at least half of it: end <= (best + c) / 2. If the net has several losses,
     so must the heaviest by itself, or its label counts. If it has BatchNorm layers, so must its loss on the same data
     in the TEST phase, or it is not-learning;
   - else diverged, when the mean over 100 iterations first rose above that again.
4. not learned:
   - diverged if end > 2 max(start, c), start being the very first loss; when the mean over 100 iterations first did;
   - dead if the trained net gives the same answer to every record (spread < 0.01, see answers.py);
   - undecided if end < 0.98 c: on its way, and the training too short to tell;
   - not-learning else.

Where there is no constant answer, half the very first loss stands in for c. The reason is a loss without lower bound:
it is diverged if it ends further below zero than it was away from it at first, when the mean over 100 iterations first
was. Siamese towers of random weights already tell pairs apart better than a constant does: a first loss below 0.6 c
takes the place of c for a ContrastiveLoss.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from autofix.health.learning import means

Losses = npt.NDArray[np.float64]

STABLE, DIVERGED, DEAD = "stable-and-learning", "diverged", "dead"
NOT_LEARNING, CANNOT_RUN, UNDECIDED = "not-learning", "cannot-run", "undecided"
LABELS = (STABLE, DIVERGED, DEAD, NOT_LEARNING, CANNOT_RUN, UNDECIDED)

WINDOW = 100  # iterations in a running mean, at least
RECORDS = 1000  # records in it, at least, or the whole data set
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


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a training besides its losses.

    Args:
        constant: the loss of the constant answer, None if there is none.
        towers: whether random weights may be better than that by their kind (a ContrastiveLoss).
        window: iterations in a running mean.
        finished: whether it came to its own end (or was stopped because a loss was not finite).
        spread: how much the trained net's answers differ from record to record; nan if an answer is not finite; None
            if that is not known.
        deployed: its loss on the training data in the TEST phase, where that may differ; else None.
        main: the heaviest of several losses, and its own constant answer; None if there is but one.
    """

    constant: float | None
    towers: bool = False
    window: int = WINDOW
    finished: bool = True
    spread: float | None = None
    deployed: float | None = None
    main: tuple[Losses, float | None] | None = None


def window(batch: int, records: int) -> int:
    """Iterations to take a mean over, with so many records in an iteration and in the data set."""
    return max(WINDOW, -(-min(RECORDS, records) // batch))


def judge(losses: Losses, known: Known) -> Truth:
    """Label a training by its losses, as of each iteration, [N]."""
    if not len(losses):
        return Truth(CANNOT_RUN, "no iteration")
    bad = np.flatnonzero(~np.isfinite(losses))
    if len(bad):
        return Truth(DIVERGED, f"loss is {losses[bad[0]]}", int(bad[0]), start=float(losses[0]))
    if not known.finished:
        return Truth(CANNOT_RUN, f"ended by itself after {len(losses)} iterations", start=float(losses[0]))
    if known.spread is not None and np.isnan(known.spread):
        moving = np.flatnonzero(losses != losses[-1])
        return Truth(DIVERGED, "answers nan", int(moving[-1]) + 1 if len(moving) else 0, start=float(losses[0]))
    found = _judge_finite(losses, known)
    if found.label == STABLE and known.main is not None:
        alone = _judge_finite(known.main[0], replace(known, constant=known.main[1], main=None))
        if alone.label != STABLE:
            return replace(alone, why=f"{alone.why}, by its main loss")
    return found


def _judge_finite(losses: Losses, known: Known) -> Truth:
    known = replace(known, window=min(known.window, max(len(losses) // 3, WINDOW), len(losses)))
    start, smooth = float(losses[0]), running_mean(losses, known.window)
    best, end = float(smooth.min()), float(min(smooth[-1], losses[-(len(losses) // 10 + 1) :].mean()))
    facts: dict[str, Any] = {"start": start, "best": best, "end": end}
    answer = start / 2 if known.constant is None else known.constant
    if known.towers and start < AHEAD * answer:
        answer = start
    if known.constant is None and end < -abs(start):
        return Truth(DIVERGED, "falls without end", _first_mean(losses, -1, abs(start)), **facts)
    if best < LEARNED * answer:
        return _judge_learned(smooth, end, answer - KEPT * (answer - best), known, facts)
    return _judge_not_learned(losses, end, answer, known, facts)


def _judge_learned(smooth: Losses, end: float, keep: float, known: Known, facts: dict[str, Any]) -> Truth:
    """Label a training that came below the constant answer, by the loss that it has to ``keep``."""
    if end > keep:
        lost = _first(smooth > keep, after=_first(smooth <= keep))
        return Truth(DIVERGED, "lost what it had learned", lost + known.window - 1, **facts)
    if known.deployed is not None and not known.deployed <= keep:
        return Truth(NOT_LEARNING, "what it learned is not there in its TEST phase", **facts)
    return Truth(STABLE, "learned and kept it", **facts)


def _judge_not_learned(losses: Losses, end: float, answer: float, known: Known, facts: dict[str, Any]) -> Truth:
    far = BLOWN * max(float(losses[0]), answer)
    if end > far:
        return Truth(DIVERGED, "ends far above its start", _first_mean(losses, 1, far), **facts)
    if known.spread is not None and known.spread < SAME:
        return Truth(DEAD, "the same answer whatever the input", **facts)
    if end < FLAT * answer:
        return Truth(UNDECIDED, "on its way down, or up", **facts)
    return Truth(NOT_LEARNING, "never below the constant answer", **facts)


def running_mean(losses: Losses, window: int = WINDOW) -> Losses:
    """Mean of ``window`` losses in a row (of all, if there are fewer); [N - window + 1], the last ends with them."""
    return means(losses, min(window, len(losses)))


def _first_mean(losses: Losses, sign: int, limit: float) -> int:
    """The iteration at which the mean over `WINDOW` is first above ``limit``, or below ``-limit``; or the last."""
    beyond = sign * running_mean(losses) > limit
    return _first(beyond) + len(losses) - len(beyond) if beyond.any() else len(losses) - 1


def _first(found: npt.NDArray[np.bool_], after: int = 0) -> int:
    """The first index from ``after`` on at which ``found`` is true; there is one."""
    return after + int(np.argmax(found[after:]))
