"""A net of 10,000 lines is read and patched, and its diff is as small as the change.

``studies/bench_prototxt.py`` measures how long that takes.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from autofix.model import Candidate, load, patch
from autofix.prototxt import diff, parse

DATA = """layer {{
\tname: "data"
\ttype: "Data"
\ttop: "data"
\ttop: "label"
\tinclude {{
\t\tphase: {0}
\t}}
\ttransform_param {{
\t\tcrop_size: 224
\t\tmean_value: 104
\t\tmean_value: 117
\t\tmean_value: 123
\t}}
\tdata_param {{
\t\tsource: "ilsvrc12_{0}_lmdb"
\t\tbatch_size: 16
\t\tbackend: LMDB
\t}}
}}

"""
UNIT = """layer {{
\tbottom: "{bottom}"
\ttop: "{name}"
\tname: "{name}"
\ttype: "Convolution"
\tparam {{
\t\tlr_mult: 1
\t\tdecay_mult: 1
\t}}
\tconvolution_param {{
\t\tnum_output: {outputs}
\t\tkernel_size: {kernel}
\t\tpad: {pad}
\t\tbias_term: false
\t\tweight_filler {{
\t\t\ttype: "gaussian"
\t\t\tstd: 1
\t\t}}
\t}}
}}

layer {{
\tbottom: "{name}"
\ttop: "{name}"
\tname: "bn_{name}"
\ttype: "BatchNorm"
\tbatch_norm_param {{
\t\tmoving_average_fraction: 0.9
\t}}
}}

layer {{
\tbottom: "{name}"
\ttop: "{name}"
\tname: "scale_{name}"
\ttype: "Scale"
\tscale_param {{
\t\tbias_term: true
\t}}
}}

layer {{
\tbottom: "{name}"
\ttop: "{name}"
\tname: "{name}_relu"
\ttype: "ReLU"
}}

"""
SUM = """layer {{
\tbottom: "{0}"
\tbottom: "{1}"
\ttop: "{2}"
\tname: "{2}"
\ttype: "Eltwise"
}}

"""
BLOCKS = 66  # of three convolutions and a sum: ResNet-152 has 50


def resnet() -> Iterator[str]:
    """A deep residual net as its authors' scripts write them."""
    yield 'name: "ResNet"\n\n'
    yield DATA.format("TRAIN")
    yield DATA.format("TEST")
    yield UNIT.format(bottom="data", name="conv1", outputs=256, kernel=7, pad=3)
    bottom = "conv1"
    for index in range(BLOCKS):
        block = f"res{index}"
        yield UNIT.format(bottom=bottom, name=f"{block}_branch2a", outputs=64, kernel=1, pad=0)
        yield UNIT.format(bottom=f"{block}_branch2a", name=f"{block}_branch2b", outputs=64, kernel=3, pad=1)
        yield UNIT.format(bottom=f"{block}_branch2b", name=f"{block}_branch2c", outputs=256, kernel=1, pad=0)
        yield SUM.format(bottom, f"{block}_branch2c", block)
        bottom = block
    yield f'layer {{ name: "loss" type: "SoftmaxWithLoss" bottom: "{bottom}" bottom: "label" top: "loss" }}\n'


def test_a_net_of_ten_thousand_lines(tmp_path: Path) -> None:
    text = "".join(resnet())
    assert text.count("\n") > 10_000
    assert str(parse(text)) == text

    (tmp_path / "net.prototxt").write_text(text)
    (tmp_path / "solver.prototxt").write_text('net: "net.prototxt"\nbase_lr: 0.1\n')
    training = load(tmp_path / "solver.prototxt", cwd=tmp_path)
    stds = {layer.name: 0.05 for layer in training.train.refillable}
    result = patch(training, Candidate(base_lr=0.01, input_scale=0.0078125, filler_stds=stds))
    net = tmp_path / "net.prototxt"
    lines = diff(training.documents[net], result.documents[net]).splitlines()
    assert len(stds) == 3 * BLOCKS + 1
    assert sum(line.startswith("-") for line in lines[2:]) == len(stds)
    assert sum(line.startswith("+") for line in lines[2:]) == len(stds) + 2, "one for each std, and two scales"
