"""The learning rate at an iteration, as Caffe computes it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from autofix.caffe import CPU, Job, find
from autofix.debuginfo import LearningRate, read_events
from autofix.model import Solver, rate
from autofix.prototxt import parse

SCHEDULES = {
    "fixed": "",
    "step": "gamma: 0.5 stepsize: 7",
    "multistep": "gamma: 0.1 stepvalue: 5 stepvalue: 12",
    "multistep out of order": "gamma: 0.1 stepvalue: 12 stepvalue: 15 stepvalue: 3",
    "exp": "gamma: 0.9",
    "inv": "gamma: 0.1 power: 0.75",
    "poly": "power: 2",
    "sigmoid": "gamma: 0.3 stepsize: 10",
}
SOLVER = """
base_lr: 0.25 max_iter: 20 display: 1 snapshot_after_train: false solver_mode: CPU
net_param {
  layer { name: "d" type: "DummyData" top: "x" top: "y" dummy_data_param { shape { dim: 1 dim: 1 } } }
  layer { name: "ip" type: "InnerProduct" bottom: "x" top: "ip" inner_product_param { num_output: 1 } }
  layer { name: "loss" type: "EuclideanLoss" bottom: "ip" bottom: "y" top: "loss" }
}
"""


@pytest.mark.caffe
@pytest.mark.parametrize("schedule", SCHEDULES)
def test_the_rates_are_those_of_caffe(schedule: str, tmp_path: Path) -> None:
    text = f'lr_policy: "{schedule.partition(" ")[0]}" {SCHEDULES[schedule]} {SOLVER}'
    (tmp_path / "solver.prototxt").write_text(text)
    command = find().train_command(Job(tmp_path / "solver.prototxt", tmp_path, tmp_path / "unused.log", CPU))
    environment = os.environ | {"GLOG_logtostderr": "1"}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
    logged = {
        event.iteration: event.lr
        for event in read_events(done.stderr.splitlines(keepends=True))
        if isinstance(event, LearningRate)
    }
    solver = Solver.read(parse(text))
    assert len(logged) == 20
    assert {iteration: rate(solver, iteration) for iteration in logged} == pytest.approx(logged, rel=1e-5, abs=1e-12)


def test_without_its_numbers_there_is_no_rate() -> None:
    assert rate(Solver.read(parse("base_lr: 1 lr_policy: 'step' gamma: 0.1")), 10) is None
    assert rate(Solver.read(parse("base_lr: 1 lr_policy: 'poly' power: 1")), 0) is None
    assert rate(Solver.read(parse("base_lr: 1 lr_policy: 'of a fork'")), 0) is None
    assert rate(Solver.read(parse("base_lr: 1 lr_policy: 'exp' gamma: 10")), 100_000) == float("inf")
