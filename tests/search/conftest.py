"""Trainings and trials for the tests of the search."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from autofix.health import Finding, Remedy, Severity, Verdict
from autofix.model import Candidate, Training, load
from autofix.search import Proposal, Trial

SOLVER = 'net: "net.prototxt"\nbase_lr: 0.1\nlr_policy: "fixed"\nmax_iter: 100\nsolver_mode: CPU\n'
NET = """
layer { name: "data" type: "DummyData" top: "data" top: "label"
  dummy_data_param { shape { dim: 8 dim: 4 } shape { dim: 8 } data_filler { type: "gaussian" std: 1 } } }
layer { name: "ip1" type: "InnerProduct" bottom: "data" top: "ip1"
  inner_product_param { num_output: 8 weight_filler { type: "xavier" } } }
layer { name: "relu1" type: "ReLU" bottom: "ip1" top: "ip1" }
layer { name: "ip2" type: "InnerProduct" bottom: "ip1" top: "ip2"
  inner_product_param { num_output: 2 weight_filler { type: "xavier" } } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "ip2" bottom: "label" top: "loss" }
"""


@pytest.fixture
def training(tmp_path: Path) -> Training:
    (tmp_path / "solver.prototxt").write_text(SOLVER)
    (tmp_path / "net.prototxt").write_text(NET)
    return load(tmp_path / "solver.prototxt", tmp_path)


@pytest.fixture
def finding() -> Callable[..., Finding]:
    def make(code: str, **remedy: object) -> Finding:
        return Finding(code, code, Severity.ERROR, "seen", remedy=Remedy("do it", **remedy))  # type: ignore[arg-type]

    return make


@pytest.fixture
def trial() -> Callable[..., Trial]:
    def make(
        number: int, candidate: Candidate, score: float, *findings: Finding, verdict: Verdict = Verdict.DIVERGED
    ) -> Trial:
        proposal = Proposal(candidate, "remedy" if number else "as written", f"why {number}")
        params = {"base_lr": candidate.base_lr or 0.1, "input_scale": candidate.input_scale or 1.0}
        return Trial(number, proposal, params, verdict, "seen", score, 10, 0.1, findings)

    return make
