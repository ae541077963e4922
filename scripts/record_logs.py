#!/usr/bin/env python3
"""Record the logs that tests read: small trainings on real Caffe, each sick in one known way.

    .venv/bin/python scripts/record_logs.py --caffe build/tools/caffe [--only zero-diffs] [--gpu --into FOLDER]

Each training runs in an empty temporary folder under relative paths, so the logs name no machine. Beside
NAME.log goes NAME.json with what must be read from it, as follows from how the training was made, not from the
reader.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

BATCH, FEATURES = 8, 6
TESTS = Path(__file__).parents[1] / "tests"
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
Arrays = dict[str, NDArray[np.float32]]


def two_classes(rng: np.random.Generator, batches: int = 20) -> Arrays:
    """A problem that a linear layer solves: the label is the sign of a fixed combination of six inputs."""
    x = rng.normal(size=(batches * BATCH, FEATURES))
    return {"data": x.astype(np.float32), "label": (x @ np.arange(1, 7) > 0).astype(np.float32)}


def shifted(value: float, batch: int) -> Callable[[np.random.Generator], Arrays]:
    """Positive inputs, but for ``value`` in one number of ``batch``."""

    def make(rng: np.random.Generator) -> Arrays:
        arrays = two_classes(rng)
        arrays["data"] = np.abs(arrays["data"]) + 1
        arrays["data"][batch * BATCH, 0] = value
        return arrays

    return make


def with_outlier(rng: np.random.Generator) -> Arrays:
    """A linear problem, but one sample of batch 40 is fifty times too large and mislabelled."""
    x = np.abs(two_classes(rng, batches=81)["data"])
    score = x @ (np.arange(1, 7) - 3.5)
    label = score > np.median(score)
    x[40 * BATCH] *= 50
    label[40 * BATCH] ^= True
    return {"data": x, "label": label.astype(np.float32)}


def with_throw(rng: np.random.Generator) -> Arrays:
    """A linear problem, but the inputs of batch 4 are 30,000 times too large."""
    arrays = two_classes(rng)
    arrays["data"][4 * BATCH : 5 * BATCH] *= 3e4
    return arrays


def with_index(rng: np.random.Generator) -> Arrays:
    """``two_classes`` and an index of rows that points outside of batch 6."""
    arrays = two_classes(rng)
    index = np.tile(np.arange(BATCH), 20)
    index[6 * BATCH] = BATCH
    return arrays | {"index": index.astype(np.float32)}


def sequences(rng: np.random.Generator) -> Arrays:
    """Four steps of two streams in each batch; ``cont`` is 0 where a sequence begins."""
    arrays = two_classes(rng)
    cont = (np.arange(20 * BATCH) % BATCH >= 2).astype(np.float32)
    return arrays | {"cont": cont}


def layer(name: str, kind: str, bottoms: str, tops: str, more: str = "") -> str:
    """Return the prototxt of a layer; blob names are separated by spaces."""
    blobs = "".join(f' bottom: "{blob}"' for blob in bottoms.split())
    blobs += "".join(f' top: "{blob}"' for blob in tops.split())
    return f'layer {{ name: "{name}" type: "{kind}"{blobs} {more} }}\n'


def source(tops: str = "data label", phase: str = "") -> str:
    include = f"include {{ phase: {phase} }}" if phase else ""
    param = f'hdf5_data_param {{ source: "train.txt" batch_size: {BATCH} }}'
    return layer("input", "HDF5Data", "", tops, f"{param} {include}")


def dense(name: str, bottom: str, outputs: int, filler: str = 'type: "xavier"', params: str = "") -> str:
    weights = f"weight_filler {{ {filler} }}" if filler else ""
    param = f"{params} inner_product_param {{ num_output: {outputs} {weights} }}"
    return layer(name, "InnerProduct", bottom, name, param)


def softmax(bottom: str) -> str:
    return layer("loss", "SoftmaxWithLoss", f"{bottom} label", "loss")


def mlp(depth: int, filler: str, activation: str, width: int = 8) -> str:
    """A chain of dense layers and in-place activations, then two classes."""
    text, bottom = source(), "data"
    for number in range(1, depth + 1):
        text += dense(f"fc{number}", bottom, width, filler)
        bottom = f"fc{number}"
        text += layer(f"act{number}", activation, bottom, bottom)
    return text + dense("score", bottom, 2, filler) + softmax("score")


def recurrent() -> str:
    shapes = "".join(
        layer(f"shape_{blob}", "Reshape", blob, f"{blob}_t", f"reshape_param {{ shape {{ {dims} }} }}")
        for blob, dims in (("data", "dim: 4 dim: 2 dim: 6"), ("cont", "dim: 4 dim: 2"))
    )
    param = 'recurrent_param { num_output: 3 debug_info: true weight_filler { type: "xavier" } }'
    lstm = layer("lstm", "LSTM", "data_t cont_t", "lstm", param)
    score = (
        'inner_product_param { num_output: 2 axis: 2 weight_filler { type: "xavier" } }',
        "reshape_param { shape { dim: 8 dim: 2 } }",
    )
    return (
        source("data label cont")
        + shapes
        + lstm
        + layer("score", "InnerProduct", "lstm", "score_t", score[0])
        + layer("flat", "Reshape", "score_t", "score", score[1])
        + softmax("score")
    )


@dataclass(frozen=True)
class Case:
    """A training and what must be read from its log.

    Args:
        expected: facts that follow from how the training is made.
        more: solver lines that come instead of, or in addition to, those of ``SOLVER``.
        home: whose tests the log is for: with "health", ``tests/health/cases.toml`` says what is expected.
        resume: a snapshot from which a second run, into the same log, goes on.
    """

    name: str
    net: str
    expected: dict[str, Any]
    more: str = ""
    data: Callable[[np.random.Generator], Arrays] = two_classes
    resume: str = ""
    home: str = "debuginfo"


def diagnosis(verdict: str, *errors: str, way: tuple[str, ...] = ()) -> dict[str, Any]:
    """What ``autofix diagnose`` must say: verdict, codes of all errors, the first layers on the trouble's way."""
    return {"diagnosis": {"verdict": verdict, "errors": list(errors)} | ({"way": list(way)} if way else {})}


def bad(iteration: int, phase: str, layer: str | None, blob: str | None, kind: str) -> dict[str, Any]:
    return {"iteration": iteration, "phase": phase, "layer": layer, "blob": blob, "kind": kind}


HEALTHY = mlp(1, 'type: "xavier"', "ReLU")
NO_GRADIENT = source() + dense("fc1", "data", 8) + dense("fc2", "fc1", 8, "") + dense("score", "fc2", 2, "")
NO_GRADIENT += softmax("score")
REGRESSION = source() + dense("fit", "data", 1) + layer("loss", "EuclideanLoss", "fit label", "loss")
SHARED = 'param { name: "w" } param { name: "b" }'
CASES = (
    Case(
        "healthy",
        source(phase="TRAIN") + source(phase="TEST") + HEALTHY.removeprefix(source()),
        {"iterations": [*range(21)], "tests": [[0, 0], [10, 0], [20, 0]]} | diagnosis("inconclusive"),
        "test_iter: 2 test_interval: 10",
    ),
    Case(
        "nan-forward",
        source() + layer("log it", "Log", "data", "logged") + dense("a/score", "logged", 2) + softmax("a/score"),
        {"first_bad": bad(7, "forward", "log it", "logged", "data")}
        | diagnosis("diverged", "H101", way=("log it", "a/score", "loss")),
        data=shifted(-1.0, 7),
    ),
    Case(
        "nan-backward",
        source()
        + layer("scale", "Scale", "data", "scaled")
        + layer("root", "Power", "scaled", "root", "power_param { power: 0.5 }")
        + dense("score", "root", 2)
        + softmax("score"),
        {"first_bad": bad(5, "backward", "root", "scaled", "diff")}
        | diagnosis("diverged", "H101", way=("root", "scale", "scale")),  # the root's slope at 0
        data=shifted(0.0, 5),
    ),
    Case(
        "nan-input",
        HEALTHY,
        {"first_bad": bad(5, "forward", "input", "data", "data")}
        | diagnosis("diverged", "H402", way=("input", "fc1", "act1", "score", "loss")),
        data=shifted(np.nan, 5),
    ),
    Case(
        "nan-update",
        NO_GRADIENT,
        {"first_bad": bad(1, "update", "fc1", "0", "data")}
        | diagnosis("diverged", "H101", way=("fc1", "fc1", "fc2")),  # AdaGrad divides the gradient 0 by its length 0
        'type: "AdaGrad" delta: 0 max_iter: 5',
    ),
    Case(
        "nan-lr",
        HEALTHY,
        {"first_bad": bad(0, "update", None, None, "lr")} | diagnosis("diverged", "H106"),
        "base_lr: nan",
    ),
    Case(
        "zero-diffs",
        NO_GRADIENT,
        {"first_bad": None, "zero": [["fc1", 0], ["fc1", 1], ["fc2", 0], ["fc2", 1], ["score", 0]]}
        | diagnosis("dead", "H201"),
    ),
    Case(
        "vanishing",
        mlp(6, 'type: "gaussian" std: 0.1', "Sigmoid"),
        {"first_bad": None} | diagnosis("inconclusive", "H202"),
        "max_iter: 15",
    ),
    Case(
        "exploding",
        REGRESSION,
        {"first_bad": None, "above": 1e8} | diagnosis("exploding", "H103", "H105", way=("loss", "fit")),
        "base_lr: 6",
    ),
    Case(
        "late-collapse",
        mlp(3, 'type: "xavier"', "ReLU"),
        {"iterations": [*range(0, 81, 2)], "first_bad": None} | diagnosis("diverged", "H104", "H201"),
        "display: 2 max_iter: 80 momentum: 0.9",
        with_outlier,
    ),
    Case("iter-size", HEALTHY, {"blocks": 4} | diagnosis("inconclusive"), "iter_size: 4 max_iter: 10"),
    Case(
        "iter-size-nan",
        source() + layer("log", "Log", "data", "logged") + dense("score", "logged", 2) + softmax("score"),
        {"first_bad": bad(2, "forward", "log", "logged", "data")}
        | diagnosis("diverged", "H101", way=("log", "score", "loss")),
        "iter_size: 4 max_iter: 5",
        shifted(-1.0, 9),
    ),
    Case(
        "two-losses",
        HEALTHY
        + layer("aux", "SoftmaxWithLoss", "fc1 label", "aux", "loss_weight: 0.1")
        + layer("acc", "Accuracy", "score label", "acc"),
        {"loss_weights": {"loss": 1.0, "aux": 0.1}, "outputs": ["acc", "aux", "loss"]} | diagnosis("inconclusive"),
    ),
    Case(
        "spike",
        REGRESSION + layer("aux", "EuclideanLoss", "fit label", "aux", "loss_weight: 0.3"),
        {"loss_weights": {"loss": 1.0, "aux": 0.3}} | diagnosis("inconclusive", "H103", way=("loss", "aux", "fit")),
        "base_lr: 0.01 clip_gradients: 1",
        with_throw,
    ),
    Case(
        "resumed",
        HEALTHY,
        {"iterations": [*range(11), *range(10, 21)], "runs": [[0, None], [11, "snap_iter_10.solverstate"]]}
        | diagnosis("inconclusive"),
        "max_iter: 10 snapshot_after_train: true",
        resume="snap_iter_10.solverstate",
    ),
    Case(
        "crash",
        source("data label index")
        + dense("fc1", "data", 8)
        + layer("pick", "BatchReindex", "fc1 index", "picked")
        + dense("score", "picked", 2)
        + softmax("score"),
        {"iterations": [*range(6)], "partial": ["input", "fc1"], "fatal": "batch_reindex_layer.cpp"}
        | diagnosis("failed", "D101"),
        data=with_index,
    ),
    Case(
        "shared-and-clipped",
        source()
        + dense("fc1", "data", 6, params=SHARED)
        + dense("fc2", "fc1", 6, params=SHARED)
        + dense("score", "fc2", 2)
        + softmax("score"),
        {"sharing": [["fc2", "w", "fc1", 0], ["fc2", "b", "fc1", 1]], "clipped": True} | diagnosis("inconclusive"),
        "clip_gradients: 0.1",
    ),
    Case(
        "recurrent",
        recurrent(),
        {"layer": "lstm_transform_1"} | diagnosis("inconclusive"),
        "max_iter: 3",
        data=sequences,
    ),
    Case(
        "no-debug-info",
        HEALTHY,
        {"iterations": [*range(0, 21, 5)], "keys": 0} | diagnosis("inconclusive"),
        "debug_info: false display: 5",
    ),
    Case(
        "not-a-net",
        'layer { name: "x" type: "Convolutoin" }',
        {"fatal": "layer_factory.hpp", "iterations": []} | diagnosis("failed", "D101"),
    ),
)


def pixels(rng: np.random.Generator) -> Arrays:
    """``two_classes``, its inputs stretched to 0..255 as raw pixels are."""
    arrays = two_classes(rng)
    return arrays | {"data": np.clip(128 + 50 * arrays["data"], 0, 255)}


def alternating(rng: np.random.Generator) -> Arrays:
    """Every batch is of one class, the next of the other: a net that learns too fast is always wrong for sure."""
    arrays = two_classes(rng)
    return arrays | {"label": np.repeat(np.arange(20) % 2, BATCH).astype(np.float32)}


def random_labels(rng: np.random.Generator) -> Arrays:
    """Labels that have nothing to do with the inputs: there is nothing to learn."""
    arrays = two_classes(rng, batches=80)
    return arrays | {"label": rng.permutation(arrays["label"])}


def _health(name: str, net: str, more: str = "", data: Callable[[np.random.Generator], Arrays] = two_classes) -> Case:
    return Case(name, net, {}, more, data, home="health")


HEALTH_CASES = (
    _health("learns", HEALTHY, "max_iter: 60 momentum: 0.9"),
    _health("saturated", HEALTHY, "base_lr: 300", alternating),
    _health("raw-pixels", HEALTHY, "base_lr: 0.00001", pixels),
    _health("slow", HEALTHY, "base_lr: 0.0000001 max_iter: 25"),
    _health("nothing-to-learn", HEALTHY, "max_iter: 70", random_labels),
    _health("wide-fillers", mlp(3, 'type: "gaussian" std: 5', "ReLU"), "base_lr: 0.0001 max_iter: 10"),
)


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


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--caffe", default="caffe", help="the caffe executable")
    parser.add_argument("--only", help="record this case alone")
    parser.add_argument("--gpu", action="store_true", help="train on the GPU")
    parser.add_argument("--into", type=Path, help="a folder for the logs alone, in place of the tests' own")
    options = parser.parse_args()
    for case in (*CASES, *HEALTH_CASES):
        if options.only in (None, case.name):
            log = record(case, options.caffe, "GPU" if options.gpu else "CPU")
            if options.into:
                options.into.mkdir(parents=True, exist_ok=True)
                (options.into / f"{case.name}.log").write_text(log)
                continue
            folder = TESTS / case.home / "logs"
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{case.name}.log").write_text(log)
            if case.expected:
                (folder / f"{case.name}.json").write_text(json.dumps(case.expected, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
