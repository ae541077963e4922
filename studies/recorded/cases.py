"""The trainings, each sick in one known way, and what must be read from their logs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from studies.recorded.data import (
    Arrays,
    alternating,
    pixels,
    random_labels,
    sequences,
    shifted,
    two_classes,
    with_index,
    with_outlier,
    with_throw,
)
from studies.recorded.nets import dense, layer, mlp, recurrent, softmax, source


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
