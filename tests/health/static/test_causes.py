"""A slip is told once, with what was meant; what only follows from it is left out."""

from __future__ import annotations

from pathlib import Path

import pytest

from autofix.health.static import lint
from autofix.health.static.likeness import did_you_mean, is_slip
from autofix.model import load

SOLVER = """\
net: "net.prototxt"
base_lr: 0.01
lr_policy: "inv"
gamma: 0.0001
power: 0.75
momentum: 0.9
max_iter: 100
test_iter: 5
test_interval: 50
snapshot_after_train: false
"""
NET = """\
layer {
  name: "digits" type: "DummyData" top: "data" top: "label"
  include { phase: TRAIN }
  dummy_data_param { shape { dim: 4 dim: 1 dim: 8 dim: 8 } shape { dim: 4 } }
}
layer {
  name: "digits" type: "DummyData" top: "data" top: "label"
  include { phase: TEST }
  dummy_data_param { shape { dim: 4 dim: 1 dim: 8 dim: 8 } shape { dim: 4 } }
}
layer {
  name: "conv1" type: "Convolution" bottom: "data" top: "conv1"
  convolution_param { num_output: 4 kernel_size: 3 weight_filler { type: "xavier" } }
}
layer {
  name: "pool1" type: "Pooling" bottom: "conv1" top: "pool1"
  pooling_param { pool: MAX kernel_size: 2 }
}
layer {
  name: "ip1" type: "InnerProduct" bottom: "pool1" top: "ip1"
  inner_product_param {
    num_output: 16
    weight_filler { type: "xavier" }
  }
}
layer { name: "relu1" type: "ReLU" bottom: "ip1" top: "ip1" }
layer {
  name: "ip2" type: "InnerProduct" bottom: "ip1" top: "ip2"
  inner_product_param { num_output: 3 weight_filler { type: "xavier" } }
}
layer { name: "accuracy" type: "Accuracy" bottom: "ip2" bottom: "label" top: "accuracy" include { phase: TEST } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "ip2" bottom: "label" top: "loss" }
"""
SLIPS = {  # what is written, in place of what, and every finding of lint with its advice
    "base_lr": ("base_Ir", "base_lr", ["solver.prototxt:2 S212 did you mean base_lr?"]),
    "lr_policy": ("lr_polcy", "lr_policy", ["solver.prototxt:3 S212 did you mean lr_policy?"]),
    "max_iter": ("max_iters", "max_iter", ["solver.prototxt:7 S212 did you mean max_iter?"]),
    "gamma": ("gama", "gamma", ["solver.prototxt:4 S212 did you mean gamma?"]),
    "test_interval": ("test_intervall", "test_interval", ["solver.prototxt:9 S212 did you mean test_interval?"]),
    "solver mode": ("solver_mode: CPPU\nmomentum", "momentum", ["solver.prototxt:6 S214 write  solver_mode: CPU"]),
    "layer": ('layr {\n  name: "conv1"', 'layer {\n  name: "conv1"', ["net.prototxt:11 S212 did you mean layer?"]),
    "its phase": ("inclde { phase: TRAIN", "include { phase: TRAIN", ["net.prototxt:3 S212 did you mean include?"]),
    "its type's name": ('typ: "Pooling"', 'type: "Pooling"', ["net.prototxt:16 S212 did you mean type?"]),
    "its block": ("conv_param", "convolution_param", ["net.prototxt:13 S212 did you mean convolution_param?"]),
    "its size": ("num_ouput: 16", "num_output: 16", ["net.prototxt:22 S212 did you mean num_output?"]),
    "misplaced size": (
        "num_output: 16 inner_product_param {\n",
        "inner_product_param {\n    num_output: 16",
        ["net.prototxt:21 S212 it belongs into inner_product_param"],
    ),
    "its filler": (
        'weigth_filler { type: "xavier" }\n',
        'weight_filler { type: "xavier" }\n',
        ["net.prototxt:23 S212 did you mean weight_filler?"],
    ),
    "filler type": (
        'weight_filler { type: "xaiver" }\n',
        'weight_filler { type: "xavier" }\n',
        ['net.prototxt:23 S305 write  type: "xavier"'],
    ),
    "type of the loss": (
        "SoftmaxWithLos",
        "SoftmaxWithLoss",
        ['net.prototxt:32 S202 write  type: "SoftmaxWithLoss"'],
    ),
    "bottom": ('bottom: "pol1"', 'bottom: "pool1"', ['net.prototxt:20 S204 did you mean "pool1"?']),
    "bottom like nothing": (
        'bottom: "xyz"',
        'bottom: "pool1"',
        ['net.prototxt:20 S204 did you mean "pool1", which no layer reads?'],
    ),
    "bottom in place": (
        '"ReLU" bottom: "ipl"',
        '"ReLU" bottom: "ip1"',
        ['net.prototxt:26 S204 did you mean "ip1"?'],
    ),
    "top in place": ('"ip1" top: "ipl"', '"ip1" top: "ip1"', ['net.prototxt:26 S207 did you mean "ip1"?']),
    "top": (
        'top: "convl"',
        'top: "conv1"',
        ['net.prototxt:16 S204 layer conv1 calls its top "convl" (line 12): did you mean "conv1" there?'],
    ),
    "top that two layers read": (
        'top: "ip3"',
        'top: "ip2"',
        ['net.prototxt:32 S204 layer ip2 calls its top "ip3" (line 28): did you mean "ip2" there?'],
    ),
    "label of one phase": (
        'top: "data" top: "Label"\n  include { phase: TRAIN',
        'top: "data" top: "label"\n  include { phase: TRAIN',
        ['net.prototxt:32 S204 layer digits calls its top "Label" (line 2): did you mean "label" there?'],
    ),
    "no label for the loss": (
        'bottom: "ip2" top: "loss"',
        'bottom: "ip2" bottom: "label" top: "loss"',
        ['net.prototxt:32 S216 write  bottom: "label"  behind the other one'],
    ),
    "loss the wrong way round": (
        'bottom: "label" bottom: "ip2" top: "loss"',
        'bottom: "ip2" bottom: "label" top: "loss"',
        ['net.prototxt:32 S218 write  bottom: "ip2"  first, then  bottom: "label"'],
    ),
    "softmax for a loss": (
        '"Softmax" bottom',
        '"SoftmaxWithLoss" bottom',
        ['net.prototxt:32 S216 did you mean  type: "SoftmaxWithLoss"?'],
    ),
    "letters of a type in another order": ("Sigmiod", "ReLU", ['net.prototxt:26 S202 write  type: "Sigmoid"']),
    "another library's share": (
        '"Dropout" dropout_param { dropout_rate: 0.5 }',
        '"ReLU"',
        ["net.prototxt:26 S212 did you mean dropout_ratio?"],
    ),
    "another library's rate": ("learning_rate", "base_lr", ["solver.prototxt:2 S212 did you mean base_lr?"]),
    "another library's layer": ("Dense", "InnerProduct", ['net.prototxt:20 S202 write  type: "InnerProduct"']),
    "one phase twice": ("phase: TEST", "phase: TRAIN", ["net.prototxt:3 S123 write  phase: TRAIN  in one of them"]),
    "no phases": (
        "",
        "  include { phase: TRAIN }\n|  include { phase: TEST }\n",
        ["net.prototxt:6 S205 give each data layer its phase:  include { phase: TRAIN }  and  include { phase: TEST }"],
    ),
}


def told(folder: Path, solver: str, net: str) -> list[str]:
    (folder / "solver.prototxt").write_text(solver)
    (folder / "net.prototxt").write_text(net)
    findings = lint(load(folder / "solver.prototxt", cwd=folder))
    return [
        f"{Path(one.file).name}:{one.line} {one.code} {one.remedy.advice if one.remedy else ''}" for one in findings
    ]


@pytest.mark.parametrize("slip", SLIPS)
def test_a_slip_is_told_alone(tmp_path: Path, slip: str) -> None:
    written, right, expected = SLIPS[slip]
    solver, net = SOLVER, NET
    for one in right.split("|"):
        assert one in solver + net
        solver, net = solver.replace(one, written, 1), net.replace(one, written, 1)
    assert told(tmp_path, solver, net) == expected


def test_the_training_is_sound_without_a_slip(tmp_path: Path) -> None:
    assert told(tmp_path, SOLVER, NET) == []


def test_two_slips_are_both_told_and_what_keeps_caffe_from_reading_comes_first(tmp_path: Path) -> None:
    net = NET.replace('bottom: "pool1"', 'bottom: "pol1"').replace("num_output: 3", "num_outptu: 3")
    assert told(tmp_path, SOLVER, net) == [
        "net.prototxt:29 S212 did you mean num_output?",
        'net.prototxt:20 S204 did you mean "pool1"?',
    ]


def test_what_is_wrong_besides_a_slip_stays(tmp_path: Path) -> None:
    """A base_lr that is far too large has nothing to do with the misspelt filler."""
    net = NET.replace('weight_filler { type: "xavier" }\n', 'weight_filler { type: "xaiver" }\n')
    assert told(tmp_path, SOLVER.replace("0.01", "50", 1), net) == [
        'net.prototxt:23 S305 write  type: "xavier"',
        "solver.prototxt:2 S101 write a smaller base_lr, such as 0.01 for SGD, 0.001 for Adam",
    ]


@pytest.mark.parametrize(
    ("word", "other", "slip"),
    [
        ("base_Ir", "base_lr", True),
        ("ipl", "ip1", True),
        ("gama", "gamma", True),
        ("lr_ploicy", "lr_policy", True),
        ("ip2", "ip1", False),
        ("pad_d", "pad_h", False),
        ("relu6", "relu", False),
        ("data", "data", False),
        ("id", "ip", False),
    ],
)
def test_a_slip_is_one_letter(word: str, other: str, slip: bool) -> None:
    assert is_slip(word, other) is slip
    assert is_slip(other, word) is slip


def test_names_that_count_are_no_likeness() -> None:
    assert did_you_mean("conv9", ["conv_1_1"]) == ""
