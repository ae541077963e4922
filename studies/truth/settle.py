"""From a finished training in its folder to its label: what the trained net is asked, and what the rule makes of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from studies.corpus.draft import Draft
from studies.truth import answers, training
from studies.truth.constant import goals, main_answer
from studies.truth.rule import Known, Truth, judge, window


@dataclass(frozen=True, slots=True)
class Settled:
    """A label, and what is known of the training besides its losses."""

    truth: Truth
    known: Known


def settle(caffe: Path, folder: Path, made: Draft, run: training.Run, constant: float | None) -> Settled:
    """Label the training that ``run`` was, with its weights still in ``folder``.

    Args:
        constant: the loss of the constant answer, None if there is none.
    """
    main = run.main
    known = Known(
        constant,
        towers=any(goal.layer.text("type") == "ContrastiveLoss" for goal in goals(made)),
        window=window(made.batch, made.records),
        finished=run.finished,
        spread=answers.spread(caffe, folder, made, run),
        deployed=answers.deployed(caffe, folder, made, run),
        main=None if main is None else (main, main_answer(made)),
    )
    return Settled(judge(run.curve, known), known)
