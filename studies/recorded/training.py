"""One of the trainings on real Caffe."""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path

import h5py
import numpy as np

from studies.recorded.cases import Case

SOLVER = """net: "net.prototxt"
base_lr: 0.05
lr_policy: "fixed"
max_iter: 20
display: 1
debug_info: true
random_seed: 7
solver_mode: CPU
snapshot_prefix: "snap"
snapshot_after_train: false
"""


def solver_text(case: Case) -> str:
    """``SOLVER`` with the fields of ``case.more`` in place of its own."""
    changed = {token.removesuffix(":") for token in case.more.split() if token.endswith(":")}
    kept = [line for line in SOLVER.splitlines() if line.split(":")[0] not in changed]
    return "\n".join([*kept, case.more]) + "\n"


def record(case: Case, caffe: str, mode: str = "CPU") -> str:
    """Run ``case`` and return its log."""
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        with h5py.File(here / "train.h5", "w") as file:
            for name, values in case.data(np.random.default_rng(7)).items():
                file[name] = values
        (here / "train.txt").write_text("train.h5\n")
        (here / "net.prototxt").write_text(case.net)
        text = solver_text(case).replace("solver_mode: CPU", f"solver_mode: {mode}")
        (here / "solver.prototxt").write_text(text)
        log = train(caffe, here)
        if case.resume:
            (here / "solver.prototxt").write_text(text.replace("max_iter: 10", "max_iter: 20"))
            log += train(caffe, here, f"--snapshot={case.resume}")
        return log


def train(caffe: str, folder: Path, *more: str) -> str:
    environment = os.environ | {"GLOG_logtostderr": "1", "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(
        [caffe, "train", "--solver=solver.prototxt", *more],
        cwd=folder,
        env=environment,
        stderr=subprocess.PIPE,
        check=False,
        timeout=60,
    )
    return done.stderr.decode()
