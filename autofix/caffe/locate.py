"""Finding a Caffe to run: an executable of any build, or pycaffe in a Python of its own."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from autofix.caffe.job import Job
from autofix.errors import CaffeError

INSTALL_HINT = "run scripts/install-caffe, or point --caffe at a caffe executable"
BUILD_PLACES = ("build/tools/caffe", ".build_release/tools/caffe", "tools/caffe", "bin/caffe")
PROBE_SECONDS = 60.0  # a first start from a cold disk is slow


@dataclass(frozen=True, slots=True)
class Caffe:
    """A Caffe that answered.

    Args:
        kind: "executable" for the ``caffe`` tool, "pycaffe" for a Python that imports caffe.
        path: that executable, or that Python.
        version: as it tells it, such as "1.0.0"; empty where it does not.
        found: in plain words, where it was found.
    """

    kind: Literal["executable", "pycaffe"]
    path: Path
    version: str = ""
    found: str = ""

    def __str__(self) -> str:
        version = f" {self.version}" if self.version else ""
        return f"{'caffe' if self.kind == 'executable' else 'pycaffe'}{version}, {self.path}"

    def train_command(self, job: Job) -> list[str]:
        """The command line that runs ``job``; both kinds take the same flags."""
        script = Path(__file__).with_name("pycaffe_train.py")
        command = [str(self.path), "train"] if self.kind == "executable" else [str(self.path), str(script)]
        command.append(f"--solver={job.solver}")
        if job.device.gpus:
            command.append(f"--gpu={','.join(map(str, job.device.gpus))}")
        if job.weights:
            command.append(f"--weights={job.weights}")
        if job.snapshot:
            command.append(f"--snapshot={job.snapshot}")
        return command


def find(wanted: Path | None = None) -> Caffe:
    """Return the Caffe the user named, or the first that answers.

    Args:
        wanted: an executable, a folder with a build, or a Python that imports caffe.

    Raises:
        CaffeError: there is none, or the one that was named does not answer.
    """
    tried = []
    for path, found in _named(wanted) if wanted else _candidates():
        caffe = _ask(path, found)
        if caffe:
            return caffe
        tried.append(f"{path} ({found})")
    if wanted:
        raise CaffeError(f"{wanted} is no working Caffe", INSTALL_HINT)
    beside = f"; these did not answer: {', '.join(tried)}" if tried else ""
    raise CaffeError(f"no Caffe found on PATH, in $CAFFE_ROOT or in the build cache{beside}", INSTALL_HINT)


def _named(wanted: Path) -> Iterator[tuple[Path, str]]:
    if not wanted.exists():
        on_path = shutil.which(str(wanted))
        if on_path is None:
            raise CaffeError(f"{wanted}: no such file", INSTALL_HINT)
        wanted = Path(on_path)
    places = [wanted / place for place in BUILD_PLACES] if wanted.is_dir() else [wanted]
    for place in places:
        if place.is_file():
            yield place.absolute(), "--caffe"


def _candidates() -> Iterator[tuple[Path, str]]:
    if root := os.environ.get("CAFFE_ROOT"):
        for place in BUILD_PLACES:
            if (Path(root) / place).is_file():
                yield (Path(root) / place).absolute(), "$CAFFE_ROOT"
    if on_path := shutil.which("caffe"):
        yield Path(on_path), "PATH"
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "autofix" / "caffe"
    built = sorted(cache.glob("*/bin/caffe"), key=lambda path: path.stat().st_mtime, reverse=True)
    yield from ((path, "built by scripts/install-caffe") for path in built)
    yield Path(sys.executable), "this Python"


def _ask(path: Path, found: str) -> Caffe | None:
    """Ask ``path`` what it is; None where it is no Caffe."""
    if path.name.startswith("python"):
        says = _output([str(path), "-c", "import caffe; print('caffe version', caffe.__version__)"])
        return Caffe("pycaffe", path, says, found) if says is not None else None
    says = _output([str(path), "--version"])
    return Caffe("executable", path, says, found) if says is not None else None


def _output(command: list[str]) -> str | None:
    """The version in what ``command`` prints, or None where it does not sound like Caffe."""
    env = {**os.environ, "GLOG_logtostderr": "1"}
    try:
        done = subprocess.run(command, capture_output=True, timeout=PROBE_SECONDS, env=env, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    text = (done.stdout + done.stderr).decode(errors="replace")
    match = re.search(r"caffe version ([\w.+-]+)", text)
    if done.returncode != 0 or (match is None and "caffe" not in text):
        return None
    return match.group(1) if match else ""
