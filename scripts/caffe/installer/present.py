"""A Caffe that is already on the machine: the user's own, a packaged one, or one built here before."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from . import proof, system
from .console import Console
from .python import Python, caffe_package

PLACES = ("build/tools/caffe", ".build_release/tools/caffe", "tools/caffe", "bin/caffe")
RECORD = "build.json"  # in the folder of every build of ours


@dataclass(frozen=True)
class Caffe:
    """A `caffe` executable, the folder with its Python package where it has one, and where it was found."""

    tool: Path
    python_folder: Path | None
    found: str


def of_the_user(python: Python | None) -> Iterator[Caffe]:
    """Every Caffe that install-caffe did not build: in $CAFFE_ROOT, on PATH, beside an importable pycaffe."""
    if root := os.environ.get("CAFFE_ROOT"):
        yield from in_tree(Path(root).expanduser().absolute(), "CAFFE_ROOT")
    if (tool := shutil.which("caffe")) and not (Path(tool).resolve().parent.parent / RECORD).exists():
        yield Caffe(Path(tool).absolute(), None, "PATH")
    if python and (package := caffe_package(python)):
        yield from in_tree(package.parents[1], f"pycaffe of {python.executable}")


def in_tree(root: Path, found: str) -> Iterator[Caffe]:
    """The Caffe in a source or installation folder, unless it is a build of ours."""
    if (root / RECORD).exists():
        return
    folder = root / "python" if (root / "python/caffe").is_dir() else None
    yield from (Caffe(root / place, folder, found) for place in PLACES if (root / place).is_file())


def packaged(console: Console) -> Caffe | None:
    """Install the distribution's Caffe package, which only old releases have."""
    names = [*(["caffe-cuda"] if shutil.which("nvidia-smi") else []), "caffe-cpu"]
    name = next((name for name in names if system.has_candidate(name)), None)
    if not name:
        return None
    system.ensure_packages([name], console)
    tool = shutil.which("caffe")
    return Caffe(Path(tool), None, f"package {name}") if tool else None


def built_here(cache: Path) -> list[Caffe]:
    """The builds in the cache, the one used last first."""
    tools = [record.parent / "bin/caffe" for record in cache.glob(f"*/{RECORD}")]
    tools = sorted((tool for tool in tools if tool.is_file()), key=lambda tool: tool.stat().st_mtime, reverse=True)
    return [Caffe(tool, tool.parents[1] / "python", "built by install-caffe") for tool in tools]


def where(cache: Path, python: Python | None) -> Path | None:
    """The `caffe` executable that Autofix would use."""
    candidates = (*of_the_user(python), *built_here(cache))
    return next((caffe.tool for caffe in candidates if proof.version(caffe.tool) is not None), None)
