"""What a report says of the schedule and of the net in use."""

from __future__ import annotations

from pathlib import Path

import pytest

from autofix.model import Candidate, Solver, Training, load
from autofix.prototxt import parse
from autofix.report.notes import on_schedule, on_use

NET = """
layer { name: "d" type: "Input" top: "x" input_param { shape { dim: 1 dim: 2 } } }
layer { name: "ip" type: "InnerProduct" bottom: "x" top: "ip" inner_product_param { num_output: 1 } }
"""


@pytest.mark.parametrize(
    ("schedule", "told"),
    [
        ("lr_policy: 'step' gamma: 0.1 stepsize: 40", [": it is 0.0005 in the last of 100 iterations."]),
        ("lr_policy: 'poly' power: 1", [": it is 0.0005 in the last of 100 iterations."]),
        ("lr_policy: 'of a fork'", ['lr_policy "of a fork" goes on from the new base_lr as from the old.']),
        ("lr_policy: 'fixed'", []),
    ],
)
def test_the_schedule(schedule: str, told: list[str]) -> None:
    solver = Solver.read(parse(f"base_lr: 10 max_iter: 100 {schedule}"))
    found = list(on_schedule(solver, Candidate(base_lr=0.05)))
    assert [note.endswith(end) for note, end in zip(found, told, strict=True)] == [True] * len(told)
    assert not list(on_schedule(solver, Candidate(input_scale=0.5)))


def training(folder: Path, deploy: bool) -> Training:
    (folder / "net.prototxt").write_text(NET)
    (folder / "solver.prototxt").write_text('net: "net.prototxt"')
    (folder / "deploy.prototxt").write_text(NET)
    return load(folder / "solver.prototxt", cwd=folder, deploy=Path("deploy.prototxt") if deploy else None)


@pytest.mark.parametrize(
    ("deploy", "candidate", "told"),
    [
        (False, Candidate(), None),
        (
            False,
            Candidate(input_scale=0.5),
            'by 0.5. Do the same where it is used: transformer.set_input_scale("x", 0.5)',
        ),
        (False, Candidate(target_scale=0.01), "targets multiplied by 0.01: divide what it predicts by that"),
        (True, Candidate(base_lr=0.1), "Nothing about the input changed: deploy.prototxt serves as it is."),
        (True, Candidate(input_scale=0.5), "The patched deploy.prototxt multiplies it too"),
    ],
)
def test_the_net_in_use(deploy: bool, candidate: Candidate, told: str | None, tmp_path: Path) -> None:
    found = list(on_use(training(tmp_path, deploy), candidate))
    assert len(found) == (told is not None)
    assert all(told in note for note in found if told)


def test_a_scale_that_was_there_counts_in_use(tmp_path: Path) -> None:
    given = training(tmp_path, deploy=False)
    data = "layer { type: 'Data' top: 'x' transform_param { scale: 0.25 } }"
    given.net.path.write_text(data + NET[NET.index('layer { name: "ip"') :])
    (note,) = on_use(load(given.solver.path, cwd=tmp_path), Candidate(input_scale=0.5))
    assert "multiplied by 0.5 (0.125 in all)" in note
    assert 'set_input_scale("x", 0.125)' in note
    assert "scalefactor=0.125" in note
