"""Tiny trainings on a tiny LMDB: Caffe runs more than a thousand of their iterations a second."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np

from autofix.caffe.datasets import write_lmdb

SOLVER = """\
# three classes
net: "net.prototxt"
base_lr: {base_lr}
momentum: 0.9
lr_policy: "fixed"
max_iter: {max_iter}
test_iter: 3
test_interval: 500
display: 100
snapshot: 1000
snapshot_prefix: "tiny"
"""
NET = """\
name: "tiny"
layer {{
  name: "pixels" type: "Data" top: "data" top: "label"
  {transform}data_param {{ source: "train_lmdb" backend: LMDB batch_size: {batch} }}
  include {{ phase: TRAIN }}
}}
layer {{
  name: "pixels" type: "Data" top: "data" top: "label"
  {transform}data_param {{ source: "train_lmdb" backend: LMDB batch_size: {batch} }}
  include {{ phase: TEST }}
}}
layer {{
  name: "ip1" type: "InnerProduct" bottom: "data" top: "ip1"
  inner_product_param {{ num_output: 16 weight_filler {{ type: "xavier" }} }}
}}
layer {{ name: "relu1" type: "ReLU" bottom: "ip1" top: "ip1" }}
layer {{
  name: "ip2" type: "InnerProduct" bottom: "ip1" top: "ip2"
  inner_product_param {{ num_output: 3 weight_filler {{ type: "xavier" }} }}
}}
layer {{ name: "loss" type: "SoftmaxWithLoss" bottom: "ip2" bottom: "label" top: "loss" }}
layer {{
  name: "accuracy" type: "Accuracy" bottom: "ip2" bottom: "label" top: "accuracy"
  include {{ phase: TEST }}
}}
"""
SCALED = "transform_param { scale: 0.00390625 }\n  "


def healthy(folder: Path, **changes: float) -> Path:
    """A training that learns its three classes within a hundred iterations; return its solver."""
    return _write(folder, SCALED, changes)


def broken(folder: Path, **changes: float) -> Path:
    """The same on raw 0..255 input: dead or NaN within ten iterations."""
    return _write(folder, "", changes)


def _write(folder: Path, transform: str, changes: dict[str, float]) -> Path:
    values = {"base_lr": 0.1, "max_iter": 2000, "batch": 30, "transform": transform, **changes}
    write_data(folder / "train_lmdb")
    (folder / "net.prototxt").write_text(NET.format(**values))
    (folder / "solver.prototxt").write_text(SOLVER.format(**values))
    return folder / "solver.prototxt"


def shuffled(folder: Path) -> None:
    """Write the data anew, as many records of the same classes in another order."""
    write_data(folder, np.random.default_rng(1).permutation(np.arange(300) % 3))


def write_data(folder: Path, labels: np.ndarray | None = None) -> None:
    """300 images of 4 x 4 pixels; each class is bright in places of its own."""
    rng = np.random.default_rng(0)
    labels = np.arange(300) % 3 if labels is None else labels
    bright = rng.integers(40, 216, (3, 1, 4, 4))[labels]
    write_lmdb(folder, np.clip(bright + rng.normal(0, 20, bright.shape), 0, 255).astype(np.uint8), labels)


def digest(folder: Path, *but: str) -> dict[str, str]:
    """What every file below ``folder`` holds, by path; without folders called ``but`` and without LMDB's lock files."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != "lock.mdb")
    named = {str(path.relative_to(folder)): path for path in files}
    return {
        name: hashlib.sha256(path.read_bytes()).hexdigest()
        for name, path in named.items()
        if name.partition("/")[0] not in but
    }
