"""Each example's script makes the data its README tells of, quickly and the same every time."""

from __future__ import annotations

import re

import pytest
from plain_caffe import EXAMPLES, make_data

from autofix.caffe.datasets import audit

# example -> (kind, {source: records}, shape of a record, lowest and highest value, classes)
PROMISES = {
    "lenet-raw-input": ("LMDB", {"train_lmdb": 4000, "test_lmdb": 1000}, (1, 28, 28), (0, 255), 10),
    "deep-mlp-vanishing": ("HDF5Data", {"train.txt": 1437, "test.txt": 360}, (64,), (0, 1), 10),
    "alexnet-two-class": ("LMDB", {"train_db": 1500, "val_db": 300}, (3, 80, 80), (0, 255), 2),
}


def test_every_example_is_promised_something():
    assert {path.parent.name for path in EXAMPLES.glob("*/make_data.py")} == set(PROMISES)


@pytest.mark.parametrize("name", PROMISES)
def test_the_net_reads_what_the_script_makes(name):
    nets = "".join(path.read_text() for path in (EXAMPLES / name).glob("*.prototxt"))
    read = {source.rpartition("/")[2] for source in re.findall(r'source: "(.+)"', nets)}
    assert read == set(PROMISES[name][1])


@pytest.mark.parametrize("name", PROMISES)
def test_the_data_is_as_promised_and_the_same_every_time(name, tmp_path):
    kind, sources, shape, span, classes = PROMISES[name]
    runs = []
    for _ in range(2):
        make_data(name, tmp_path / "data")
        runs.append([audit(f"data/{source}", kind, cwd=tmp_path) for source in sources])
    assert runs[0] == runs[1]
    for found, records in zip(runs[0], sources.values(), strict=True):
        data, label = found.top("data"), found.top("label")
        assert found.records == records
        assert (data.shape, data.nonfinite) == (shape, 0)
        assert (data.minimum, data.maximum) == span
        assert (label.labels.minimum, label.labels.maximum, label.labels.classes) == (0, classes - 1, classes)
