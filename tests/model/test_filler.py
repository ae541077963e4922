"""The spread of drawn weights, against numbers drawn the way Caffe's fillers draw them."""

from __future__ import annotations

import math

import numpy as np
import pytest

from autofix.model import Filler
from autofix.prototxt import parse

SHAPE = (40, 30, 3, 3)  # outputs, inputs, kernel
FAN_IN, FAN_OUT = 30 * 9, 40 * 9


def drawn(filler: Filler) -> np.ndarray:
    """The twin: weights of a convolution, drawn by the letter of include/caffe/filler.hpp."""
    random = np.random.default_rng(0)
    count = math.prod(SHAPE)
    fan_in, fan_out = count / SHAPE[0], count / SHAPE[1]
    n = {"FAN_IN": fan_in, "FAN_OUT": fan_out, "AVERAGE": (fan_in + fan_out) / 2}[filler.variance_norm]
    if filler.type == "gaussian":
        mask = random.random(SHAPE) < (filler.sparse / SHAPE[0] if filler.sparse is not None else 1)
        return random.normal(filler.mean, filler.std, SHAPE) * mask
    if filler.type == "uniform":
        return random.uniform(filler.min, filler.max, SHAPE)
    if filler.type == "xavier":
        return random.uniform(-math.sqrt(3 / n), math.sqrt(3 / n), SHAPE)
    if filler.type == "msra":
        return random.normal(0, math.sqrt(2 / n), SHAPE)
    if filler.type == "positive_unitball":
        values = random.uniform(0, 1, SHAPE)
        return values / values.sum(axis=(1, 2, 3), keepdims=True)
    return np.full(SHAPE, filler.value)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "type: 'constant' value: 3",
        "type: 'gaussian' std: 0.01",
        "type: 'gaussian'",
        "type: 'gaussian' std: 0.1 sparse: 10",
        "type: 'uniform' min: -0.2 max: 0.1",
        "type: 'uniform'",
        "type: 'xavier'",
        "type: 'xavier' variance_norm: FAN_OUT",
        "type: 'msra' variance_norm: 2",
        "type: 'positive_unitball'",
    ],
)
def test_std(text: str) -> None:
    filler = Filler.read(parse(text).root)
    assert filler.std_for(FAN_IN, FAN_OUT, SHAPE[0]) == pytest.approx(drawn(filler).std(), rel=0.03, abs=1e-12)


def test_of_others_nothing_is_known() -> None:
    assert math.isnan(Filler(type="bilinear").std_for(1, 1))


def test_a_missing_filler_is_constant_zero() -> None:
    missing = Filler.read(None)
    assert (missing.type, missing.value, missing.written) == ("constant", 0, None)
