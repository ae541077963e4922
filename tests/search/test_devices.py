"""What depends on the device: memory that runs out is no verdict, and the patched solver keeps its mode."""

from __future__ import annotations

from pathlib import Path

import pytest

from autofix.caffe import Device, LendingRunner, ReplayRunner
from autofix.caffe.gpus import Memory
from autofix.errors import CaffeError
from autofix.health import Judge
from autofix.model import Candidate, Training, load, patch
from autofix.search.audit import audit_data
from autofix.search.probe import Prober

RECORDED = Path(__file__).parents[1] / "debuginfo/logs/healthy.log"
# As Caffe said it on an H200 whose memory another process had taken.
DEATH = (
    "F20261126 05:15:46.997980   598 syncedmem.cpp:71] Check failed: error == cudaSuccess (2 vs. 0)  out of memory\n"
)


def prober(training: Training, log: Path, free: int) -> Prober:
    return Prober(
        training=training,
        audit=audit_data(training),
        runner=LendingRunner(ReplayRunner(log, returncode=-6), lambda gpu: Memory(free, 8 << 30)),
        device=Device((0,)),
        folder=log.parent,
        listen=lambda event: None,
    )


@pytest.mark.parametrize("iterations", [0, 1, 12])
def test_a_probe_that_runs_out_of_memory_is_a_failure_to_run(training, tmp_path, iterations) -> None:
    lines = RECORDED.read_text().splitlines(keepends=True)
    end = next(index for index, line in enumerate(lines) if f"Iteration {iterations} " in line)
    (tmp_path / "log").write_text("".join([*lines[:end], DEATH]))
    with pytest.raises(CaffeError, match="out of memory") as caught:
        prober(training, tmp_path / "log", 4 << 30).run(Candidate(), 1, Judge(cap=20), "000")
    assert "batch_size" in caught.value.hint
    assert caught.value.exit_code == 3


def test_no_probe_is_started_on_a_full_gpu(training, tmp_path) -> None:
    with pytest.raises(CaffeError, match="GPU 0 has too little memory"):
        prober(training, tmp_path / "no log is read", 1 << 20).run(Candidate(), 1, Judge(cap=20), "000")


@pytest.mark.parametrize("mode", ["solver_mode: GPU  # mine", "solver_mode: CPU", ""])
def test_the_patched_solver_keeps_its_mode(training, mode) -> None:
    solver = training.solver.path
    solver.write_text(solver.read_text().replace("solver_mode: CPU", mode))
    patched = patch(load(solver, training.folder), Candidate(base_lr=0.001)).documents[solver]
    assert "base_lr: 0.001" in patched.text
    assert [line for line in patched.text.splitlines() if "solver_mode" in line] == ([mode] if mode else [])
