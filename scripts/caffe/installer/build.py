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
from dataclasses import dataclass, replace
from pathlib import Path

from . import cuda, proof, system
from .console import Console, InstallError
from .cuda import Cuda
from .present import RECORD, Caffe, built_here
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
    """What to build: a source, the Python for pycaffe (None: without pycaffe), and CUDA (None: for the CPU only)."""

    source: Source
    python: Python | None
    cuda: Cuda | None = None

    @property
    def options(self) -> dict[str, str]:
        """The options of our CMake project."""
        own = {"CPU_ONLY": "OFF" if self.cuda else "ON", "BUILD_PYCAFFE": "ON" if self.python else "OFF"}
        return {**own, **self.cuda.options} if self.cuda else own

    @property
    def recipe(self) -> str:
        """A hash of the files that say how it is compiled."""
        return recipe_hash(for_cuda=self.cuda is not None)

    def folder(self, cache: Path) -> Path:
        """Where this build is kept."""
        made_from = {
            "source": str(self.source),
            "recipe": self.recipe,
            "options": self.options,
            **({"cuda": str(self.cuda)} if self.cuda else {}),
            "python": self.python.abi if self.python else None,
            "system": system.name(),
        }
        digest = hashlib.sha256(json.dumps(made_from, sort_keys=True).encode()).hexdigest()
        return cache / f"{self.source.kind}-{digest[:12]}"


def recipe_hash(for_cuda: bool) -> str:
    """A hash of the files that say how Caffe is compiled."""
    more = ("cuda.cmake", "cuda_compat.h", "cuda_threads.h") if for_cuda else ()
    return tree_hash(RECIPE, ("compat",), ("CMakeLists.txt", "caffe_pb2.py", *more))


def kept_for_cuda(cache: Path) -> Caffe | None:
    """The build that was used last, if it was made for CUDA with these files and still starts."""
    for caffe in built_here(cache)[:1]:
        record = json.loads((caffe.tool.parents[1] / RECORD).read_text(encoding="utf-8"))
        made_so = record["options"]["CPU_ONLY"] == "OFF" and record["recipe"] == recipe_hash(for_cuda=True)
        if made_so and proof.version(caffe.tool) is not None:
            return replace(caffe, found="cached build for CUDA")
    return None


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
        prove(plan, work / "prefix/bin/caffe", console)
        record = {
            "source": str(plan.source),
            "python": plan.python.abi if plan.python else None,
            "options": plan.options,
            "recipe": plan.recipe,
            "cuda": str(plan.cuda) if plan.cuda else None,
            "seconds": round(console.elapsed()),
        }
        (work / "prefix" / RECORD).write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
        folder = plan.folder(cache)
        if folder.exists():
            folder.rename(work / "replaced")
        (work / "prefix").rename(folder)
    return Caffe(folder / "bin/caffe", folder / "python" if plan.python else None, f"built from {plan.source}")


def check(plan: Plan, cache: Path, jobs: int, console: Console) -> None:
    """Compile and prove Caffe as `build` does, and keep nothing of it.

    Raises:
        InstallError: it does not compile, or does not work.
    """
    with tempfile.TemporaryDirectory(dir=cache, prefix="work-") as work:
        compile_source(plan, Path(work), jobs, console)
        prove(plan, Path(work, "prefix/bin/caffe"), console)


def prove(plan: Plan, tool: Path, console: Console) -> None:
    """Train with what was built: on the CPU, and on the GPU if it is for one and there is one.

    Raises:
        InstallError: it does not train.
    """
    console.step("Proving it: two iterations with debug_info")
    if problem := proof.problem(tool):
        raise InstallError(f"the Caffe that was built does not work: {problem}", hint="try another --source")
    if plan.cuda is None:
        return
    if not cuda.gpu_here():
        console.note(
            f"{plan.cuda}: compiled and linked, and it trains on the CPU; not run on a GPU: there is none here"
        )
        return
    if problem := proof.problem(tool, "GPU"):
        hint = "see that nvidia-smi works, that the driver is not older than the toolkit, and --cuda-arch fits the card"
        raise InstallError(f"the Caffe that was built does not work on the GPU: {problem}", hint=hint)
    console.note(f"{plan.cuda}: it trains on the GPU and on the CPU")


def compile_source(plan: Plan, work: Path, jobs: int, console: Console) -> None:
    """Run CMake and make; what they install goes to ``work/prefix``."""
    tree = work / "build"
    options = {
        **plan.options,
        "CAFFE_SOURCE": str(plan.source.folder),
        "CMAKE_INSTALL_PREFIX": str(work / "prefix"),
        **({"Python3_EXECUTABLE": str(plan.python.executable)} if plan.python else {}),
    }
    parts = [f"with pycaffe for {plan.python.abi}" if plan.python else "", f"with {plan.cuda}" if plan.cuda else ""]
    console.step(" ".join(["Configuring", str(plan.source), *filter(None, parts)]))
    definitions = [f"-D{name}={value}" for name, value in options.items()]
    hint = "if nvcc refuses the compiler, name an older g++ in CUDAHOSTCXX" if plan.cuda else ""
    console.run(["cmake", "-G", "Unix Makefiles", "-S", RECIPE, "-B", tree, *definitions], hint=hint)

    def show(line: str) -> None:
        if match := PERCENT.match(line):
            console.percent(int(match.group(1)))

    minutes = 6 + (plan.cuda.minutes if plan.cuda else 0)
    console.step(f"Compiling with {jobs} jobs (about {minutes} minutes of one core's time)")
    hint = "if the compiler was killed, memory is short: try --jobs 1; else try another --source"
    console.run(["make", "-C", tree, f"-j{jobs}"], on_line=show, hint=hint)
    console.run(["cmake", "--install", tree, "--strip"])
