"""A training of two iterations, which shows that a Caffe trains and logs what Autofix reads."""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path

SECONDS = 120

SOLVER = """\
net: "net.prototxt"
base_lr: 0.01
lr_policy: "fixed"
max_iter: 2
display: 1
debug_info: true
snapshot_after_train: false
solver_mode: MODE
"""

NET = """\
layer {
  name: "data" type: "DummyData" top: "x" top: "y"
  dummy_data_param {
    shape { dim: 4 dim: 3 } data_filler { type: "gaussian" std: 1 }
    shape { dim: 4 dim: 2 } data_filler { type: "constant" value: 1 }
  }
}
layer {
  name: "fc" type: "InnerProduct" bottom: "x" top: "fc"
  inner_product_param { num_output: 2 weight_filler { type: "xavier" } }
}
layer { name: "loss" type: "EuclideanLoss" bottom: "fc" bottom: "y" top: "loss" }
"""

EXPECTED = ("[Forward] Layer fc, top blob fc data:", "[Backward] Layer fc, param blob 0 diff:", "Optimization Done.")


def version(tool: Path) -> str | None:
    """What a `caffe` executable says of its version, on one line; None where it does not start."""
    try:
        done = _run([str(tool), "--version"])
    except (OSError, subprocess.TimeoutExpired):
        return None
    return " ".join(done.stdout.split()) if done.returncode == 0 and "caffe" in done.stdout else None


def problem(tool: Path, mode: str = "CPU") -> str:
    """Why this `caffe` executable is of no use to Autofix in mode CPU or GPU; empty where it works."""
    with tempfile.TemporaryDirectory(prefix="install-caffe-") as folder:
        Path(folder, "solver.prototxt").write_text(SOLVER.replace("MODE", mode), encoding="utf-8")
        Path(folder, "net.prototxt").write_text(NET, encoding="utf-8")
        try:
            done = _run([str(tool), "train", "--solver=solver.prototxt"], folder)
        except OSError as error:
            return f"it does not start: {error.strerror}"
        except subprocess.TimeoutExpired:
            return f"a tiny training did not end within {SECONDS} s"
    if done.returncode != 0:
        last = next((line for line in reversed(done.stdout.splitlines()) if line.strip()), "no message")
        return f"a tiny training ended with code {done.returncode}: {last.strip()}"
    missing = next((text for text in EXPECTED if text not in done.stdout), None)
    return f"a tiny training with debug_info did not log '{missing}'" if missing else ""


def _run(command: list[str], cwd: str | None = None) -> subprocess.CompletedProcess[str]:
    log = {"GLOG_logtostderr": "1", "GLOG_minloglevel": "0", "OPENBLAS_NUM_THREADS": "1"}
    return subprocess.run(
        command,
        cwd=cwd,
        env={**os.environ, **log},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        timeout=SECONDS,
        check=False,
    )
