"""What no candidate can help is told before it is searched for."""

from __future__ import annotations

from pathlib import Path

import pytest

from autofix.model import Training, load
from autofix.search.blockers import schedule_blockers, without_statistics

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


def test_statistics_that_nothing_has_stored_are_told_once_for_all_layers(training: Training) -> None:
    norm = 'layer {{ name: "{0}" type: "BatchNorm" bottom: "ip1" top: "ip1" batch_norm_param {{ {1} }} }}\n'
    path = training.net.path
    assert path is not None
    net = path.read_text()
    path.write_text(net + norm.format("bn1", "use_global_stats: true") + norm.format("bn 2", "use_global_stats: true"))
    (told,) = without_statistics(load(training.solver.path, path.parent))
    assert 'there are none (in bn1 and "bn 2"). What helps: remove use_global_stats' in told
    path.write_text(net + norm.format("bn1", "use_global_stats: false") + norm.format("bn2", "eps: 0.001"))
    assert without_statistics(load(training.solver.path, path.parent)) == ()
