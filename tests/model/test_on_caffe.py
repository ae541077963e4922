"""Real Caffe loads and trains what the model writes, and its own parser reads the same values."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from google.protobuf import text_format
from google.protobuf.message import Message as Judged
from model_cases import CASES, Case

from autofix.caffe import CPU, Job, find
from autofix.model import Patch, ProbeSettings, Training, patch, patched_files, probe_documents
from autofix.prototxt import Document, Message, Scalar, apply, insert, remove, replace, write

pytestmark = pytest.mark.caffe
RUNNING = [case for case in CASES if case.runs]
runnable = pytest.mark.parametrize("case", RUNNING, ids=lambda case: case.folder.name)


def train(solver: Path, folder: Path) -> str:
    """Train with plain Caffe; what it printed."""
    command = find().train_command(Job(solver, folder, folder / "unused.log", CPU))
    environment = os.environ | {"GLOG_logtostderr": "1", "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert "Optimization Done." in done.stderr, done.stderr[-3000:]
    return done.stderr


def prepared(case: Case, folder: Path) -> tuple[Training, Patch]:
    training = case.copied_to(folder)
    return training, patch(training, case.candidate)


@runnable
def test_a_probe_of_the_patched_net_trains_and_talks(case: Case, tmp_path: Path) -> None:
    training, result = prepared(case, tmp_path / "user")
    before = sorted(path for path in training.folder.rglob("*"))
    (tmp_path / "probe").mkdir()
    settings = ProbeSettings(seed=3, mode="CPU", max_iter=1)
    for path, document in probe_documents(training, result, settings, tmp_path / "probe").items():
        write(document, path)
    log = train(tmp_path / "probe" / "solver.prototxt", training.folder)
    assert "[Forward] Layer " in log
    assert "[Backward] All net params" in log
    assert "Iteration 0" in log
    assert "Testing net" not in log
    assert sorted(path for path in training.folder.rglob("*")) == before, "a probe writes into its own folder only"


@runnable
def test_the_patched_files_train_and_test_from_the_users_folder(case: Case, tmp_path: Path) -> None:
    training, result = prepared(case, tmp_path)
    (tmp_path / "out").mkdir()
    for path, document in patched_files(training, result, tmp_path / "out").items():
        write(shortened(document) if path.name == "solver.prototxt" else document, path)
    train(tmp_path / "out" / "solver.prototxt", tmp_path)


def shortened(solver: Document) -> Document:
    """The solver with one iteration, one test batch and no snapshot."""
    settings = solver.root.all("max_iter", "snapshot", "snapshot_after_train")
    dropped = apply(solver, [remove(field, "short") for field in settings])
    tests = [replace(scalar, 1, "short") for scalar in dropped.root.scalars("test_iter")]
    return apply(dropped, [*tests, insert(dropped.root, [("max_iter", 1), ("snapshot_after_train", False)], "short")])


def test_protobuf_reads_the_same_values(caffe_proto: ModuleType) -> None:
    proto = caffe_proto
    compared = 0
    for case in RUNNING:
        training = case.load()
        patched = patch(training, case.candidate).documents
        for path, document in [*training.documents.items(), *patched.items()]:
            kind = proto.SolverParameter if path == training.solver.path else proto.NetParameter
            judged = text_format.Parse(document.text.removeprefix("\ufeff"), kind())
            compared += same(document.root, judged)
    assert compared > 1000


def same(ours: Message, judged: Judged) -> int:
    """Assert that both hold the same fields with the same values; how many there were."""
    compared = 0
    assert {field.name for field in ours} >= {field.name for field, _ in judged.ListFields()}
    for field, value in judged.ListFields():
        theirs = list(value) if field.is_repeated else [value]
        for mine, other in zip(ours.values(field.name), theirs, strict=True):
            if isinstance(mine, Scalar):
                assert read_as(mine, field) == other, f"{mine.line}: {mine.raw}"
                compared += 1
            else:
                compared += same(mine, other)
    return compared


def read_as(scalar: Scalar, field: Any) -> object:
    """Our reading of a value for a field of this type."""
    if field.type == field.TYPE_BOOL:
        return scalar.boolean
    if field.type == field.TYPE_STRING:
        return scalar.string
    if field.type == field.TYPE_ENUM:
        named = scalar.kind == "word"
        return field.enum_type.values_by_name[scalar.word].number if named else scalar.integer
    if field.type in (field.TYPE_FLOAT, field.TYPE_DOUBLE):
        return pytest.approx(scalar.number, rel=1e-6)
    return scalar.integer
