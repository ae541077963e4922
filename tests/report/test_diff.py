"""``patch -p1`` makes the patched files of the user's own with ``autofix.diff``, wherever and whatever they are."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from trainings import broken

from autofix.model import Candidate, load, patch
from autofix.report.files import diff_root, patch_diff

CANDIDATE = Candidate(base_lr=0.005, input_scale=1 / 256, filler_stds={"ip1": 0.25})


def crlf(folder: Path) -> None:
    for path in folder.glob("*.prototxt"):
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))


def no_last_newline(folder: Path) -> None:
    for path in folder.glob("*.prototxt"):
        path.write_bytes(path.read_bytes().rstrip())


def not_utf8(folder: Path) -> None:
    path = folder / "net.prototxt"
    path.write_bytes("# ge\u00e4ndert\n".encode("latin-1") + path.read_bytes())


def net_in_a_folder_below(folder: Path) -> None:
    (folder / "nets of mine").mkdir()
    (folder / "net.prototxt").rename(folder / "nets of mine/net.prototxt")
    replace(folder / "solver.prototxt", '"net.prototxt"', '"nets of mine/net.prototxt"')


def net_in_a_folder_beside(folder: Path) -> None:
    beside = folder.parent / "shared"
    beside.mkdir()
    (folder / "net.prototxt").rename(beside / "net.prototxt")
    replace(folder / "solver.prototxt", '"net.prototxt"', '"../shared/net.prototxt"')


def replace(path: Path, old: str, new: str) -> None:
    path.write_text(path.read_text().replace(old, new))


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "all/training"
    folder.mkdir(parents=True)
    broken(folder)
    return folder


@pytest.mark.parametrize(
    "changed", [None, crlf, no_last_newline, not_utf8, net_in_a_folder_below, net_in_a_folder_beside]
)
def test_it_applies(changed, folder, tmp_path):
    if changed:
        changed(folder)
    training = load(folder / "solver.prototxt", folder)
    patched = patch(training, CANDIDATE)
    root = diff_root(training, patched)
    assert root == (folder.parent if changed is net_in_a_folder_beside else folder)
    copy = shutil.copytree(root, tmp_path / "copy")
    diff = patch_diff(training, patched).encode(errors="surrogateescape")
    # What a shell would feed to it; --binary is not needed on a system whose lines end in LF.
    subprocess.run(["patch", "-p1"], cwd=copy, input=diff, check=True, capture_output=True)
    assert len(patched.documents) == 2
    for path, document in patched.documents.items():
        applied = copy / path.resolve().relative_to(root)
        assert applied.read_bytes() == document.text.encode(errors="surrogateescape")


def test_what_does_not_change_is_not_in_it(folder):
    training = load(folder / "solver.prototxt", folder)
    diff = patch_diff(training, patch(training, Candidate(base_lr=0.005)))
    changed = [line for line in diff.splitlines() if line[0] in "+-"]
    assert changed == ["--- a/solver.prototxt", "+++ b/solver.prototxt", "-base_lr: 0.1", "+base_lr: 0.005"]
