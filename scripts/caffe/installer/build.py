"""Compiling Caffe, and the cache that keeps what was compiled.

A build lies in ``<cache>/<key>``, where the key depends on all that it was made from, so that another source, recipe or
Python gets a build of its own. It is made in a temporary folder and renamed when it has proved itself: a folder with a
key is always whole.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from . import proof, system
from .console import Console, InstallError
from .present import RECORD, Caffe
from .python import Python
from .sources import Source, tree_hash

RECIPE = Path(__file__).resolve().parents[1]
PERCENT = re.compile(r"^\[ *(\d+)%\]")  # make's output


def cache_folder() -> Path:
    """Where builds and sources are kept."""
    base = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser()
    return base.absolute() / "autofix" / "caffe"


@contextmanager
def lock(cache: Path, console: Console) -> Iterator[None]:
    """Keep a second install-caffe of this user waiting."""
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            console.step("Waiting for another install-caffe to end")
            fcntl.flock(file, fcntl.LOCK_EX)
        for left_behind in cache.glob("work-*"):  # by a run that was killed
            shutil.rmtree(left_behind, ignore_errors=True)
        yield


@dataclass(frozen=True)
class Plan:
    """What to build: a source, and the Python for pycaffe (None: without pycaffe)."""

    source: Source
    python: Python | None

    @property
    def options(self) -> dict[str, str]:
        """The options of our CMake project."""
        return {"CPU_ONLY": "ON", "BUILD_PYCAFFE": "ON" if self.python else "OFF"}

    def folder(self, cache: Path) -> Path:
        """Where this build is kept."""
        made_from = {
            "source": str(self.source),
            "recipe": recipe_hash(),
            "options": self.options,
            "python": self.python.abi if self.python else None,
            "system": system.name(),
        }
        digest = hashlib.sha256(json.dumps(made_from, sort_keys=True).encode()).hexdigest()
        return cache / f"{self.source.kind}-{digest[:12]}"


def recipe_hash() -> str:
    """A hash of the files that say how Caffe is compiled."""
    return tree_hash(RECIPE, ("compat",), ("CMakeLists.txt", "caffe_pb2.py"))


def cached(plan: Plan, cache: Path) -> Caffe | None:
    """The build of this plan, if there is one and it still starts."""
    folder = plan.folder(cache)
    tool = folder / "bin/caffe"
    if not (folder / RECORD).is_file() or proof.version(tool) is None:
        return None
    os.utime(tool)  # of several builds the one used last is found first
    return Caffe(tool, folder / "python" if plan.python else None, "cached build")


def build(plan: Plan, cache: Path, jobs: int, console: Console) -> Caffe:
    """Compile Caffe, prove it, and put it into the cache in place of an earlier build of the same plan.

    Raises:
        InstallError: it does not compile, or does not work.
    """
    with tempfile.TemporaryDirectory(dir=cache, prefix="work-") as temporary:
        work = Path(temporary)
        compile_source(plan, work, jobs, console)
        console.step("Proving it: two iterations with debug_info")
        if problem := proof.problem(work / "prefix/bin/caffe"):
            raise InstallError(f"the Caffe that was built does not work: {problem}", hint="try another --source")
        record = {
            "source": str(plan.source),
            "python": plan.python.abi if plan.python else None,
            "options": plan.options,
            "seconds": round(console.elapsed()),
        }
        (work / "prefix" / RECORD).write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
        folder = plan.folder(cache)
        if folder.exists():
            folder.rename(work / "replaced")
        (work / "prefix").rename(folder)
    return Caffe(folder / "bin/caffe", folder / "python" if plan.python else None, f"built from {plan.source}")


def compile_source(plan: Plan, work: Path, jobs: int, console: Console) -> None:
    """Run CMake and make; what they install goes to ``work/prefix``."""
    tree = work / "build"
    options = {
        **plan.options,
        "CAFFE_SOURCE": str(plan.source.folder),
        "CMAKE_INSTALL_PREFIX": str(work / "prefix"),
        **({"Python3_EXECUTABLE": str(plan.python.executable)} if plan.python else {}),
    }
    console.step(f"Configuring {plan.source} {f'with pycaffe for {plan.python.abi}' if plan.python else ''}".rstrip())
    definitions = [f"-D{name}={value}" for name, value in options.items()]
    console.run(["cmake", "-G", "Unix Makefiles", "-S", RECIPE, "-B", tree, *definitions])

    def show(line: str) -> None:
        if match := PERCENT.match(line):
            console.percent(int(match.group(1)))

    console.step(f"Compiling with {jobs} jobs (about 6 minutes of one core's time)")
    hint = "if the compiler was killed, memory is short: try --jobs 1; else try another --source"
    console.run(["make", "-C", tree, f"-j{jobs}"], on_line=show, hint=hint)
    console.run(["cmake", "--install", tree, "--strip"])
