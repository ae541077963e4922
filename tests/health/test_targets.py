"""What a loss compares with is followed back to the data: laid out anew, scaled, shifted."""

from __future__ import annotations

import math

import numpy as np
import pytest

from autofix.caffe.tops import describe
from autofix.health.constant import constant_answer
from autofix.health.targets import target_of
from autofix.model import Net
from autofix.prototxt import parse

PIXELS = describe("data", np.array([[0.0, 255.0], [255.0, 255.0]]))
IMAGE = """
layer { name: "data" type: "Data" top: "data" transform_param { %s } data_param { source: "x" batch_size: 2 } }
layer { name: "flat" type: "Flatten" bottom: "data" top: "flat" }
%s
"""


def net(transform: str = "", more: str = "") -> Net:
    return Net.read(parse(IMAGE % (transform, more)))


def test_the_data_layer_subtracts_its_mean_before_it_scales():
    target = target_of(net("scale: 0.5 mean_value: 100"), "flat", {"data": PIXELS})
    assert target is not None
    assert target.of(102.0) == pytest.approx(1.0)


def test_power_layers_scale_and_shift_behind_it():
    power = 'layer { name: "p" type: "Power" bottom: "flat" top: "small" power_param { scale: 0.1 shift: 3 } }'
    target = target_of(net("scale: 0.5", power), "small", {"data": PIXELS})
    assert target is not None
    assert target.of(100.0) == pytest.approx(0.1 * 50 + 3)


@pytest.mark.parametrize(
    "layer",
    [
        'layer { name: "p" type: "Power" bottom: "flat" top: "other" power_param { power: 2 } }',
        'layer { name: "ip" type: "InnerProduct" bottom: "flat" top: "other" inner_product_param { num_output: 1 } }',
    ],
)
def test_what_is_computed_from_the_data_is_no_target_of_known_size(layer):
    assert target_of(net("", layer), "other", {"data": PIXELS}) is None


def test_a_mean_per_channel_leaves_the_shift_open():
    target = target_of(net("mean_value: 1 mean_value: 2"), "flat", {"data": PIXELS})
    assert target is not None
    assert target.of(1.0) is None


CROSS = """
layer { name: "ip" type: "InnerProduct" bottom: "flat" top: "guess" inner_product_param { num_output: 2 } }
layer { name: "loss" type: "SigmoidCrossEntropyLoss" bottom: "guess" bottom: "flat" top: "loss" }
"""


def test_cross_entropy_costs_the_entropy_of_each_mean():
    facts = constant_answer(net("scale: 0.00392156862745098", CROSS), {"data": PIXELS})
    assert facts.constant == pytest.approx(math.log(2))  # one pixel is on in half of the pictures, one always


def test_cross_entropy_of_targets_that_are_no_shares_has_no_least_value():
    assert constant_answer(net("", CROSS), {"data": PIXELS}).constant is None
