"""The promise of the project: one command mends an example, and plain Caffe, on seeds Autofix never saw, agrees."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from plain_caffe import Log, prepare, train
from trainings import digest

pytestmark = pytest.mark.caffe

SEEDS = (101, 102, 103)
ITERATIONS = 1000
CORES = 2  # trainings at once


@dataclass(frozen=True)
class Mended:
    """An example's folder after ``autofix solver.prototxt --budget 20``."""

    folder: Path
    code: int
    before: dict[str, str]

    @property
    def report(self):
        return json.loads((self.folder / "solver.autofix/report.json").read_text())

    def train(self, solver: str, **settings: object) -> list[Log]:
        """``ITERATIONS`` of plain Caffe for each of ``SEEDS``."""

        def one(seed: int) -> Log:
            return train(self.folder / solver, self.folder, max_iter=ITERATIONS, random_seed=seed, **settings)

        with ThreadPoolExecutor(CORES) as pool:
            return list(pool.map(one, SEEDS))


def mend(name: str, folder: Path) -> Mended:
    prepare(name, folder)
    before = digest(folder)
    command = [sys.executable, "-m", "autofix", "solver.prototxt", "--budget", "20"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    print(done.stderr)  # pytest shows it with a failure
    return Mended(folder, done.returncode, before)


@pytest.fixture(scope="module")
def lenet(tmp_path_factory):
    return mend("lenet-raw-input", tmp_path_factory.mktemp("lenet"))


@pytest.fixture(scope="module")
def mlp(tmp_path_factory):
    return mend("deep-mlp-vanishing", tmp_path_factory.mktemp("mlp"))


@pytest.fixture(params=["lenet", "mlp"])
def mended(request):
    return request.getfixturevalue(request.param)


def test_one_command_mends_it(mended):
    assert (mended.code, mended.report["verdict"]) == (0, "fixed")


def test_the_users_files_are_untouched(mended):
    assert {name: what for name, what in digest(mended.folder).items() if name in mended.before} == mended.before


def test_the_seeds_of_these_tests_are_new_to_autofix(mended):
    used = {mended.report["seed"], *mended.report["fix"]["confirmation"]["seeds"]}
    assert not used & set(SEEDS)


def test_lenet_trains_with_plain_caffe(lenet):
    for log in lenet.train("solver.autofix/solver.prototxt"):
        assert all(map(math.isfinite, log.losses))
        assert log.accuracies[-1] >= 0.95


def test_the_mlp_learns_as_with_xavier_weights(mlp):
    net = (mlp.folder / "mlp.prototxt").read_text()
    (mlp.folder / "xavier.prototxt").write_text(net.replace('type: "gaussian" std: 0.01', 'type: "xavier"'))
    references = mlp.train("solver.prototxt", net='"xavier.prototxt"')
    for log, reference in zip(mlp.train("solver.autofix/solver.prototxt"), references, strict=True):
        assert all(map(math.isfinite, log.losses))
        assert reference.accuracies[-1] >= 0.9  # or else it is no reference
        assert log.accuracies[-1] >= 0.9 * reference.accuracies[-1]
