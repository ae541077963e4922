"""The examples are broken in the way their READMEs say, on plain Caffe."""

from __future__ import annotations

import math

import pytest
from plain_caffe import prepare, train

SEEDS = (1, 2, 3)
pytestmark = pytest.mark.caffe


@pytest.fixture(scope="module")
def lenet(tmp_path_factory):
    return prepare("lenet-raw-input", tmp_path_factory.mktemp("lenet"))


@pytest.fixture(scope="module")
def mlp(tmp_path_factory):
    folder = prepare("deep-mlp-vanishing", tmp_path_factory.mktemp("mlp"))
    net = (folder / "mlp.prototxt").read_text()
    (folder / "xavier.prototxt").write_text(net.replace('type: "gaussian" std: 0.01', 'type: "xavier"'))
    return folder


@pytest.mark.parametrize("seed", SEEDS)
def test_lenet_is_nan_within_ten_iterations(lenet, seed):
    log = train(lenet / "solver.prototxt", lenet, random_seed=seed, display=1, max_iter=10, test_interval=1000)
    assert any(math.isnan(loss) for loss in log.losses)


@pytest.mark.parametrize("seed", SEEDS)
def test_mlp_stays_at_ln_10(mlp, seed):
    log = train(mlp / "solver.prototxt", mlp, random_seed=seed, display=1, max_iter=1000)
    assert min(log.losses[-100:]) > 0.98 * math.log(10)
    assert max(log.accuracies) < 0.2


@pytest.mark.parametrize("seed", SEEDS)
def test_mlp_with_xavier_weights_learns_with_the_same_solver(mlp, seed):
    settings = {"net": '"xavier.prototxt"', "random_seed": seed, "max_iter": 1000}
    assert train(mlp / "solver.prototxt", mlp, **settings).accuracies[-1] >= 0.9
