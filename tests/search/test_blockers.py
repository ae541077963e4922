"""What no candidate can help is told before it is searched for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from autofix.health import Finding
from autofix.health.static import lint
from autofix.model import Candidate, Training, load, patch
from autofix.search.audit import audit_data
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
    changed = rewritten(training, schedule)
    (told,) = schedule_blockers(changed.solver, lint(changed))
    assert BAD[schedule] in told


@pytest.mark.parametrize("schedule", GOOD)
def test_what_a_candidate_may_mend_is_left_to_the_search(training: Training, schedule: str) -> None:
    changed = rewritten(training, schedule)
    assert schedule_blockers(changed.solver, lint(changed)) == ()


def test_a_schedule_that_only_a_slip_breaks_is_left_to_caffe_which_stops_at_the_slip(training: Training) -> None:
    """Once ``max_iters`` ended as "max_iter is 0", and Caffe was not even asked."""
    changed = rewritten(training, 'lr_policy: "poly" power: 1 max_iters: 100')
    assert schedule_blockers(changed.solver, lint(changed)) == ()


def test_statistics_that_nothing_has_stored_are_told_once_for_all_layers(training: Training) -> None:
    norm = 'layer {{ name: "{0}" type: "BatchNorm" bottom: "ip1" top: "ip1" batch_norm_param {{ {1} }} }}\n'
    path = training.net.path
    assert path is not None
    net = path.read_text()
    path.write_text(net + norm.format("bn1", "use_global_stats: true") + norm.format("bn 2", "use_global_stats: true"))
    (told,) = without_statistics(lint(load(training.solver.path, path.parent)))
    assert 'there are none (in bn1 and "bn 2"). What helps: remove use_global_stats' in told
    path.write_text(net + norm.format("bn1", "use_global_stats: false") + norm.format("bn2", "eps: 0.001"))
    assert without_statistics(lint(load(training.solver.path, path.parent))) == ()


def stopping_with(training: Training, layer: str) -> Iterator[Finding]:
    """Yield what stops the training with one more layer, and with tests: as written, then patched."""
    path, solver = training.net.path, training.solver.path
    path.write_text(f"{path.read_text()}{layer}\n")
    solver.write_text(f"{solver.read_text()}test_iter: 2\ntest_interval: 10\n")
    audit = audit_data(load(training.solver.path, path.parent))
    for changed in (None, patch(audit.training, Candidate(base_lr=0.01))):
        (finding,) = audit.stopping(changed)
        yield finding


def test_what_stops_caffe_in_the_tests_alone_is_told_though_no_probe_meets_it(training: Training) -> None:
    """A misspelt label of the accuracy layer once ended as "Nothing to fix"."""
    test = 'layer { name: "acc" type: "Accuracy" bottom: "ip2" bottom: "labels" top: "acc" include { phase: TEST } }'
    found = [(finding.code, finding.blob) for finding in stopping_with(training, test)]
    assert found == [("S204", "labels"), ("S204", "labels")]


def test_a_data_set_of_the_tests_that_is_missing_is_told_though_no_probe_reads_it(training: Training) -> None:
    """It once ended as "Nothing to fix"."""
    block = 'data_param { source: "none" batch_size: 1 backend: LMDB }'
    data = f'layer {{ name: "test" type: "Data" top: "d" include {{ phase: TEST }} {block} }}'
    found = [(finding.code, finding.layer) for finding in stopping_with(training, data)]
    assert found == [("S401", "test"), ("S401", "test")]


def test_weights_that_are_given_bring_statistics(training: Training) -> None:
    norm = (
        'layer { name: "bn" type: "BatchNorm" bottom: "ip1" top: "ip1" batch_norm_param { use_global_stats: true } }\n'
    )
    path = training.net.path
    path.write_text(path.read_text() + norm)
    changed = load(training.solver.path, path.parent)
    assert [finding.code for finding in audit_data(changed).errors] == ["S306"]
    assert audit_data(changed).problems
    assert audit_data(changed, given_weights=True).problems == ()
