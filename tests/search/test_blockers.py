"""Schedules that no candidate can help are told before Caffe starts."""

from __future__ import annotations

from pathlib import Path

import pytest

from autofix.model import Training, load
from autofix.search.blockers import schedule_blockers

BAD = {
    'lr_policy: "poly" power: 1': "max_iter",
    'lr_policy: "step" gamma: 0.1 max_iter: 100': "stepsize",
    'lr_policy: "exp" gamma: 1.05 max_iter: 1000': "gamma below 1",
}
GOOD = (
    'lr_policy: "poly" power: 1 max_iter: 100',
    'lr_policy: "multistep" gamma: 10 stepvalue: 50 max_iter: 100',  # ten times: a tenth of base_lr may help
    'lr_policy: "fixed" max_iter: 100',
)


def rewritten(training: Training, schedule: str) -> Training:
    path: Path = training.solver.path
    path.write_text(f'net: "net.prototxt"\nbase_lr: 0.1\n{schedule}\n')
    return load(path, path.parent)


@pytest.mark.parametrize("schedule", BAD)
def test_what_helps_is_said(training: Training, schedule: str) -> None:
    (told,) = schedule_blockers(rewritten(training, schedule))
    assert BAD[schedule] in told


@pytest.mark.parametrize("schedule", GOOD)
def test_what_a_candidate_may_mend_is_left_to_the_search(training: Training, schedule: str) -> None:
    assert schedule_blockers(rewritten(training, schedule)) == ()
