"""A Caffe is found wherever it usually is, and one that does not work says why."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from no_caffe import no_caffe

from autofix.caffe import find
from autofix.caffe.locate import BUILD_PLACES
from autofix.errors import CaffeError

pytestmark = pytest.mark.caffe


@pytest.fixture
def bare(tmp_path, monkeypatch, caffe):
    """No Caffe to be found; asking for ``caffe`` first keeps the real one known."""
    hidden = tmp_path / "hidden"
    hidden.mkdir()
    for name, value in no_caffe(hidden).items():
        monkeypatch.setenv(name, value)


def install(caffe, place: Path) -> Path:
    place.parent.mkdir(parents=True)
    place.symlink_to(caffe.path)
    return place


def script(path: Path, text: str, mode: int = 0o755) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(mode)
    return path


@pytest.mark.parametrize("place", BUILD_PLACES)
def test_in_caffe_root(bare, caffe, tmp_path, monkeypatch, place):
    path = install(caffe, tmp_path / "root" / place)
    monkeypatch.setenv("CAFFE_ROOT", str(tmp_path / "root"))
    found = find()
    assert (found.kind, found.path, found.version, found.found) == ("executable", path, caffe.version, "$CAFFE_ROOT")


def test_on_path(bare, caffe, tmp_path, monkeypatch):
    path = install(caffe, tmp_path / "bin/caffe")
    monkeypatch.setenv("PATH", str(path.parent), prepend=os.pathsep)
    assert (find().path, find().found) == (path, "PATH")


def test_in_the_build_cache(bare, caffe, tmp_path, monkeypatch):
    path = install(caffe, tmp_path / "cache/autofix/caffe/some-build/bin/caffe")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert (find().path, find().found) == (path, "built by scripts/install-caffe")


def test_in_this_python_where_there_is_no_tool(bare, pycaffe, monkeypatch):
    monkeypatch.delenv("PYTHONPATH")
    found = find()
    assert (found.kind, found.path, found.found) == ("pycaffe", Path(sys.executable), "this Python")
    assert found.version == pycaffe.version


def test_the_first_that_works_is_taken(bare, caffe, tmp_path, monkeypatch):
    script(tmp_path / "root/build/tools/caffe", "exit 1")
    works = install(caffe, tmp_path / "root/tools/caffe")
    monkeypatch.setenv("CAFFE_ROOT", str(tmp_path / "root"))
    assert find().path == works


@pytest.mark.parametrize("named", ["root", "root/build/tools/caffe", "caffe"])
def test_named_by_folder_file_or_command(bare, caffe, tmp_path, monkeypatch, named):
    path = install(caffe, tmp_path / "root/build/tools/caffe")
    monkeypatch.setenv("PATH", str(path.parent), prepend=os.pathsep)
    monkeypatch.chdir(tmp_path)
    found = find(Path(named))
    assert (found.path, found.found) == (path, "--caffe")


def test_named_by_its_python(pycaffe):
    found = find(Path(sys.executable))
    assert (found.kind, found.version) == ("pycaffe", pycaffe.version)
    assert str(found) == f"pycaffe {pycaffe.version}, {sys.executable}"


# What --caffe leads to -> what the message says about it.
BROKEN = {
    "a missing library": ("echo 'libcaffe.so: cannot open shared object file' >&2; exit 127", 0o755, "libcaffe.so"),
    "no permission": ("", 0o644, "Permission denied"),
    "another program": ("echo some tool 1.0", 0o755, "does not answer like Caffe"),
    "silent failure": ("exit 1", 0o755, "does not answer like Caffe"),
}


@pytest.mark.parametrize(("text", "mode", "says"), BROKEN.values(), ids=BROKEN)
def test_a_named_one_that_does_not_work_says_why(tmp_path, text, mode, says):
    with pytest.raises(CaffeError, match=says) as caught:
        find(script(tmp_path / "tool", text, mode))
    assert "\n" not in str(caught.value)
    assert "scripts/install-caffe" in caught.value.hint


@pytest.mark.parametrize(("named", "says"), [("gone", "no such file"), (".", "no build of Caffe")])
def test_a_named_one_that_is_not_there(tmp_path, monkeypatch, named, says):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CaffeError, match=f"--caffe {named}: {says}"):
        find(Path(named))


def test_none_at_all_names_what_was_there_and_broken(bare, tmp_path, monkeypatch):
    with pytest.raises(CaffeError, match="found no Caffe") as caught:
        find()
    assert caught.value.exit_code == 3
    assert "does not work" not in str(caught.value)
    script(tmp_path / "root/build/tools/caffe", "echo broken wheel; exit 1")
    monkeypatch.setenv("CAFFE_ROOT", str(tmp_path / "root"))
    with pytest.raises(CaffeError, match=r"root/build/tools/caffe does not work \(broken wheel\)"):
        find()
