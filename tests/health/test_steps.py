"""The size of a step, told from the mean gradient, against the solver's own arithmetic on every weight."""

from __future__ import annotations

import numpy as np
import pytest

from autofix.health.steps import coasting, steps, summed
from autofix.model import Solver
from autofix.prototxt import parse

RATE = 0.01
GRADIENTS = np.random.default_rng(0).normal(0, 1, (60, 4000)) * np.linspace(1, 0.2, 60)[:, None]


def elementwise(kind: str) -> np.ndarray:
    """Mean |step| of each iteration, without momentum, as src/caffe/solvers/*.cpp computes it for every weight."""
    history, moved, found = np.zeros(4000), np.zeros(4000), []
    for count, gradient in enumerate(GRADIENTS, 1):
        if kind == "SGD":
            step = gradient
        elif kind == "AdaGrad":
            history += gradient**2
            step = gradient / (np.sqrt(history) + 1e-8)
        elif kind == "RMSProp":
            history = 0.98 * history + 0.02 * gradient**2
            step = gradient / (np.sqrt(history) + 1e-8)
        elif kind == "Adam":
            history = 0.999 * history + 0.001 * gradient**2
            step = gradient / (np.sqrt(history / (1 - 0.999**count)) + 1e-8)
        else:
            history = 0.95 * history + 0.05 * gradient**2
            step = gradient * np.sqrt((1e-6 + moved) / (1e-6 + history))
            moved = 0.95 * moved + 0.05 * step**2
        found.append(RATE * np.abs(step).mean())
    return np.array(found)


SETTINGS = {
    "SGD": "",
    "AdaGrad": "",
    "RMSProp": "rms_decay: 0.98",
    "Adam": "momentum: 0.9 momentum2: 0.999",
    "AdaDelta": "momentum: 0.95 delta: 1e-6",
}


@pytest.mark.parametrize("kind", SETTINGS)
def test_the_estimate_is_within_a_factor_of_two(kind):
    solver = Solver.read(parse(f'type: "{kind}" {SETTINGS[kind]}'))
    told = steps(solver, np.full(60, RATE), np.abs(GRADIENTS).mean(axis=1))
    ratio = told / elementwise(kind)
    assert ratio.min() > 0.5
    assert ratio.max() < 2


def test_accumulated_gradients_are_parted():
    one, four = (Solver.read(parse(f"iter_size: {size}")) for size in (1, 4))
    rate, gradient = np.full(3, RATE), np.ones(3)
    np.testing.assert_allclose(steps(one, rate, gradient), 4 * steps(four, rate, gradient))


@pytest.mark.parametrize("momentum", [0.0, 0.9, 0.999])
def test_momentum_carries_on_what_gradients_no_longer_feed(momentum):
    """Sigmoid units with momentum 0.999 got no gradient from iteration 66 on, and their weights grew fivefold after."""
    solver = Solver.read(parse(f"momentum: {momentum}"))
    velocity, fed = 0.0, np.linspace(1, 0.5, 50)
    for step in fed:
        velocity = momentum * velocity + step
    way = 0.0
    for _ in range(20_000):
        velocity *= momentum
        way += velocity
    assert coasting(solver, fed) == pytest.approx(way)


def test_a_steady_gradient_adds_up_to_what_momentum_sums():
    for text, worth in (("momentum: 0.9", 10), ('type: "Adam" momentum: 0.9', 1), ('type: "RMSProp"', 1)):
        assert summed(Solver.read(parse(text))) == pytest.approx(worth)


def test_only_momentum_carries_on():
    assert coasting(Solver.read(parse('type: "RMSProp"')), np.ones(5)) == 0
    assert coasting(Solver.read(parse('type: "Adam" momentum: 0.9')), np.ones(400)) == pytest.approx(9)
    assert coasting(None, np.ones(5)) == 0
