"""What plain ``caffe train`` makes of a training, on seeds that no search has seen."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from autofix import prototxt
from autofix.caffe import Caffe
from autofix.model import Candidate
from studies import truth
from studies.corpus.draft import Draft
from studies.truth import records, training
from studies.truth.records import Record

SEEDS = (101, 102, 103)


def train(
    folder: Path,
    made: Draft,
    candidate: Candidate,
    caffe: Caffe,
    seeds: Sequence[int] = SEEDS,
    until: float = math.inf,
) -> Record:
    """Train what lies in ``folder`` to its own end with each seed.

    Args:
        made: the training there, its prototxts as they are now.
        candidate: what was changed; scaled targets scale the constant answer.
        until: ``time.time()`` at which it is given up.

    Returns:
        By name, a list with one entry for each seed: the label (see ``studies.truth.rule``), the skill, iterations,
        seconds of processor time.

    Raises:
        TimeoutError: the time was up.
    """
    constant = truth.constant_answer(made)
    if constant is not None and candidate.target_scale is not None:
        constant *= candidate.target_scale**2
    proof: Record = {"labels": [], "skills": [], "iterations": [], "seconds": []}
    for seed in seeds:
        for old in folder.glob("*.caffemodel"):
            old.unlink()
        run = training.train(caffe.path, folder, seed, max(0.1, min(until - time.time(), training.LONGEST)))
        found = truth.settle(caffe.path, folder, made, run, constant).truth
        proof["labels"].append(found.label)
        proof["skills"].append(records.rounded(skill(run, constant)))
        proof["iterations"].append(len(run.losses))
        proof["seconds"].append(round(run.seconds, 3))
    return proof


def skill(run: training.Run, constant: float | None) -> float | None:
    """How good the trained net is: its accuracy on the TEST data or, without one, 1 - loss / constant answer.

    That loss is the training's own, over its last tenth: a net that learns its few records by heart would be told from
    a good one by its TEST loss, but it is the training that is to be repaired.
    """
    if "accuracy" in run.tests:
        return run.tests["accuracy"]
    loss = float(run.curve[-(len(run.curve) // 10 + 1) :].mean()) if len(run.curve) else float("nan")
    return None if not constant or not math.isfinite(loss) else 1 - loss / constant


def patched(made: Draft, folder: Path) -> Draft:
    """The training with the prototxts that lie in ``folder`` now."""
    return replace(made, solver=prototxt.read(folder / "solver.prototxt"), net=prototxt.read(folder / "net.prototxt"))
