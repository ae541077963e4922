"""Real Caffe loads and trains what the model writes, and does what the candidate says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from model_cases import CASES, Case

from autofix.caffe import CPU, Job, find
from autofix.model import (
    Candidate,
    Net,
    Patch,
    ProbeSettings,
    Training,
    load,
    patch,
    patched_files,
    probe_documents,
)
from autofix.prototxt import Content, Document, Verbatim, apply, insert, remove, replace, write

pytestmark = pytest.mark.caffe
RUNNING = [case for case in CASES if case.runs]
runnable = pytest.mark.parametrize("case", RUNNING, ids=lambda case: case.folder.name)


def train(solver: Path, folder: Path) -> str:
    """Train with plain Caffe; what it printed. Python layers find the folder's modules, NumPy and pycaffe."""
    command = find().train_command(Job(solver, folder, folder / "unused.log", CPU))
    paths = os.pathsep.join([str(folder), *filter(None, sys.path)])
    environment = os.environ | {"GLOG_logtostderr": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": paths}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert "Optimization Done." in done.stderr, done.stderr[-3000:]
    return done.stderr


def prepared(case: Case, folder: Path) -> tuple[Training, Patch]:
    training = case.copied_to(folder)
    return training, patch(training, case.candidate)


def files(folder: Path) -> list[Path]:
    """Everything in ``folder`` but the insides of LevelDBs, which tidy themselves when they are opened."""
    return sorted(path for path in folder.rglob("*") if not (path.parent / "CURRENT").exists())


@runnable
def test_a_probe_of_the_patched_net_trains_and_talks(case: Case, tmp_path: Path) -> None:
    training, result = prepared(case, tmp_path / "user")
    before = files(training.folder)
    (tmp_path / "probe").mkdir()
    settings = ProbeSettings(seed=3, mode="CPU", max_iter=1)
    for path, document in probe_documents(training, result, settings, tmp_path / "probe").items():
        write(document, path)
    log = train(tmp_path / "probe" / "solver.prototxt", training.folder)
    assert "[Forward] Layer " in log
    assert "[Backward] All net params" in log
    assert "Iteration 0" in log
    assert "Testing net" not in log
    assert files(training.folder) == before, "a probe writes into its own folder only"


@runnable
def test_the_patched_files_do_what_the_candidate_says(case: Case, tmp_path: Path) -> None:
    """As written and patched, from the user's folder: blobs, weights and rates differ as they should in every phase."""
    training, result = prepared(case, tmp_path)
    for name, changes in {"as-written": patch(training, Candidate()), "out": result}.items():
        (tmp_path / name).mkdir()
        for path, document in patched_files(training, changes, tmp_path / name).items():
            write(shortened(document) if path.name == "solver.prototxt" else document, path)
    before = Shown.of(train(tmp_path / "as-written" / "solver.prototxt", tmp_path))
    after = Shown.of(train(tmp_path / "out" / "solver.prototxt", tmp_path))

    patched = load(tmp_path / "out" / "solver.prototxt", cwd=tmp_path)
    candidate = case.candidate
    assert after.rate == pytest.approx(candidate.base_lr or before.rate, rel=1e-5)
    pairs = zip((training.train, *training.tests), (patched.train, *patched.tests), strict=True)
    for phase, (old, new) in enumerate(pairs):
        scales = dict.fromkeys((blob for data in old.inputs for blob in data.features), candidate.input_scale)
        scales |= dict.fromkeys(old.regression_targets, candidate.target_scale)
        for blob, scale in scales.items():
            made_up = any(layer.type == "DummyData" for layer in new.producers(blob))  # and anew in each run
            was = after.top(phase, blob) if made_up else before.entering(old, phase, blob)
            # random crops differ where a filler before them takes more or fewer random numbers
            assert after.entering(new, phase, blob) == pytest.approx(was * (scale or 1), rel=0.1), (phase, blob)
    for layer, std in candidate.filler_stds.items():
        filler = patched.train.layer(layer).weight_filler
        if filler is not None and filler.sparse is None and filler.mean == 0 and filler.min in (0, -filler.max):
            # of a gaussian the mean |w| is 0.80 std, of a uniform distribution 0.87; some layers have few weights
            assert 0.4 < after.weights[layer] / std < 1.3, layer
    for layer, weight in candidate.loss_weights.items():
        assert after.loss_weights[patched.train.layer(layer).tops[0]] == pytest.approx(weight)


def shortened(solver: Document) -> Document:
    """The solver with one iteration that tells everything, one test batch and no snapshot."""
    wanted: list[tuple[str, Content]] = [
        *[("max_iter", 1), ("display", 1), ("debug_info", True), ("random_seed", 3)],
        *[("snapshot_after_train", False), ("solver_mode", Verbatim("CPU"))],
        *[("test_initialization", True), ("test_compute_loss", True)],
    ]
    settings = solver.root.all("snapshot", *(name for name, _ in wanted))
    dropped = apply(solver, [remove(field, "short") for field in settings])
    tests = [replace(scalar, 1, "short") for scalar in dropped.root.scalars("test_iter")]
    return apply(dropped, [*tests, insert(dropped.root, wanted, "short")])


@dataclass
class Shown:
    """What the log of one iteration shows, after a test of each test net.

    Attributes:
        tops: mean |x| by phase (0: TRAIN, then the test nets), layer and blob.
        weights: mean |w| of the first blob of each layer.
        loss_weights: by the top of the loss.
    """

    tops: dict[tuple[int, str, str], float] = field(default_factory=dict)
    weights: dict[str, float] = field(default_factory=dict)
    loss_weights: dict[str, float] = field(default_factory=dict)
    rate: float = 0.0

    @classmethod
    def of(cls, log: str) -> Shown:
        """Read the first value of each."""
        shown, phase = cls(), 0
        for line in log.splitlines():
            if found := re.search(r"Iteration 0, Testing net \(#(\d+)\)", line):
                phase = int(found[1]) + 1
            elif "Test loss: " in line:
                phase = 0
            elif found := re.search(r"\[Forward\] Layer (.*), top blob (.*) data: (\S+)$", line):
                shown.tops.setdefault((phase, found[1], found[2]), float(found[3]))
            elif found := re.search(r"\[Forward\] Layer (.*), param blob .* data: (\S+)$", line):
                shown.weights.setdefault(found[1], float(found[2]))
            elif found := re.search(r"Train net output #\d+: (.*) = \S+ \(\* (\S+) = ", line):
                shown.loss_weights[found[1]] = float(found[2])
            elif found := re.search(r"Iteration 0, lr = (\S+)", line):
                shown.rate = float(found[1])
        return shown

    def entering(self, net: Net, phase: int, blob: str) -> float:
        """Mean |x| of a blob of data as it comes to those that read it: behind a Power layer, if there is one."""
        power = next((layer for layer, _ in net.consumers(blob) if layer.type == "Power"), None)
        if power is not None:
            return self.tops[phase, power.name, power.tops[0]]
        return self.top(phase, blob)

    def top(self, phase: int, blob: str) -> float:
        """Mean |x| of a blob as the first layer makes it."""
        return next(value for (at, _, top), value in self.tops.items() if (at, top) == (phase, blob))
