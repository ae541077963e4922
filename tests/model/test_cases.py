"""Nets of every style become the expected diff, and mean in every phase what the candidate says."""

from __future__ import annotations

from math import prod
from pathlib import Path

import pytest
from model_cases import CASES, Case

from autofix.model import Candidate, Net, Training, load, patch, patched_files
from autofix.prototxt import diff, write

each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.folder.name)


@each_case
def test_the_diff_is_the_expected_one(case: Case) -> None:
    training = case.load()
    result = patch(training, case.candidate)
    names = {path: path.relative_to(case.folder).as_posix() for path in training.documents}
    found = "".join(
        diff(training.documents[path], document, f"a/{names[path]}", f"b/{names[path]}")
        for path, document in sorted(result.documents.items())
    )
    assert found == (case.folder / "expected.diff").read_bytes().decode()


@each_case
def test_as_written_changes_nothing(case: Case) -> None:
    result = patch(case.load(), Candidate())
    assert (result.changes, result.documents) == ((), {})


@each_case
def test_every_change_has_a_place_and_a_reason(case: Case) -> None:
    candidate = case.candidate
    reasons = {
        "base_lr": "r1",
        "input_scale": "r2",
        "momentum": "r3",
        "clip_gradients": "r4",
        "target_scale": "r5",
        **{f"filler_std:{name}": "r6" for name in candidate.filler_stds},
        **{f"loss_weight:{name}": "r7" for name in candidate.loss_weights},
    }
    for change in patch(case.load(), candidate, reasons).changes:
        assert change.why in reasons.values()
        assert change.before or change.after
        assert 1 <= change.line <= change.file.read_text().count("\n") + 1


@each_case
def test_patched_files_are_a_training_that_means_it(case: Case, tmp_path: Path) -> None:
    before = case.copied_to(tmp_path / "user")
    out = tmp_path / "user" / "out"
    out.mkdir()
    for path, document in patched_files(before, patch(before, case.candidate), out).items():
        write(document, path)
    after = load(out / "solver.prototxt", cwd=before.folder)

    candidate = case.candidate
    assert after.solver.base_lr == pytest.approx(candidate.base_lr or before.solver.base_lr)
    assert after.solver.momentum == pytest.approx(candidate.momentum or before.solver.momentum)
    for name, std in candidate.filler_stds.items():
        layer = after.train.layer(name)
        filler = layer.weight_filler
        assert filler is not None
        assert filler.std_for(100, 100, layer.num_output) == pytest.approx(std, rel=1e-4)
    for name, weight in candidate.loss_weights.items():
        assert after.train.layer(name).loss_weights[0] == weight
    for old, new in zip(_nets(before), _nets(after), strict=True):
        wanted = [scale * (candidate.input_scale or 1) for scale in signal_scales(old)]
        assert signal_scales(new) == pytest.approx(wanted, rel=1e-5)


def _nets(training: Training) -> list[Net]:
    return [training.train, *training.tests]


def signal_scales(net: Net) -> list[float]:
    """What signals have been multiplied with on their way to the first layer that is no Power layer."""
    scales = []
    for data in net.inputs:
        for blob in data.features:
            powers = [layer for layer, _ in net.consumers(blob) if layer.type == "Power"]
            blocks = [layer.message.message("power_param") for layer in powers]
            scales.append(data.scale * prod(block.number("scale", 1) for block in blocks if block))
    return scales
