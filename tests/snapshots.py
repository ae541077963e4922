"""Real snapshots: a tiny net trained by real Caffe for a few iterations, with what NumPy and pycaffe say of them."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from autofix.caffe import Caffe, Job

SOLVER = """
net: "net.prototxt" base_lr: {base_lr} lr_policy: "fixed" momentum: 0.9 max_iter: 6 display: 1 random_seed: 1
type: "{type}" snapshot: 2 snapshot_prefix: "tiny" snapshot_format: {format} snapshot_diff: {diff} solver_mode: CPU
"""
NET = """
name: "tiny"
layer { name: "noise" type: "DummyData" top: "data" top: "target"
  dummy_data_param { shape { dim: 8 dim: 2 dim: 6 dim: 6 } shape { dim: 8 dim: 3 }
    data_filler { type: "gaussian" std: 1 } data_filler { type: "gaussian" std: 1 } } }
layer { name: "inception/conv" type: "Convolution" bottom: "data" top: "conv"
  convolution_param { num_output: 4 kernel_size: 3 weight_filler { type: "msra" } } }
layer { name: "norm" type: "BatchNorm" bottom: "conv" top: "norm" }
layer { name: "relu" type: "ReLU" bottom: "norm" top: "norm" }
layer { name: "ip" type: "InnerProduct" bottom: "norm" top: "ip"
  inner_product_param { num_output: 3 weight_filler { type: "xavier" } } }
layer { name: "loss" type: "EuclideanLoss" bottom: "ip" bottom: "target" top: "loss" }
"""
SOUND, FATAL = 0.001, 1e12  # base_lr

ASK = """
import json, sys
import numpy as np
import caffe
net = caffe.Net(sys.argv[1], sys.argv[2], caffe.TRAIN)
def told(values):
    values = values.astype(np.float64)
    finite = values[np.isfinite(values)]
    return dict(count=values.size, nan=int(np.isnan(values).sum()), inf=int(np.isinf(values).sum()),
                zeros=int((finite == 0).sum()), mean_abs=float(np.abs(finite).mean()) if finite.size else None,
                std=float(finite.std()) if finite.size else None)
print(json.dumps({name: [dict(shape=list(blob.data.shape), **told(blob.data)) for blob in blobs]
                  for name, blobs in net.params.items()}))
"""


def train(
    caffe: Caffe,
    folder: Path,
    base_lr: float,
    stored: str = "BINARYPROTO",
    kind: str = "SGD",
    diff: bool = False,
    net: str = NET,
) -> Path:
    """Train in ``folder``, which holds the snapshots tiny_iter_2, 4 and 6 afterwards; return it."""
    folder.mkdir(parents=True, exist_ok=True)
    momentum = SOLVER if kind != "AdaGrad" else SOLVER.replace("momentum: 0.9", "")
    solver = momentum.format(base_lr=base_lr, format=stored, type=kind, diff=str(diff).lower())
    (folder / "solver.prototxt").write_text(solver)
    (folder / "net.prototxt").write_text(net)
    command = caffe.train_command(Job(folder / "solver.prototxt", folder, folder / "unused.log"))
    quiet = {"GLOG_logtostderr": "1", "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(command, cwd=folder, env=os.environ | quiet, capture_output=True, text=True, check=False)
    assert "Optimization Done." in done.stderr, done.stderr[-2000:]
    return folder


def as_pycaffe_has_it(pycaffe: Caffe, folder: Path, weights: Path) -> dict[str, list[dict[str, Any]]]:
    """The numbers of every blob, once pycaffe has loaded ``weights`` into the net."""
    command = [str(pycaffe.path), "-c", ASK, str(folder / "net.prototxt"), str(weights)]
    quiet = {"GLOG_minloglevel": "2", "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(command, env=os.environ | quiet, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, list[dict[str, Any]]] = json.loads(done.stdout.splitlines()[-1])
    return found
