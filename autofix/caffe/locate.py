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

from autofix.caffe.environment import environment
from autofix.caffe.job import Job
from autofix.errors import CaffeError

INSTALL_HINT = "run scripts/install-caffe, or point --caffe at a caffe executable"
BUILD_PLACES = ("build/tools/caffe", ".build_release/tools/caffe", "tools/caffe", "bin/caffe")
ASK_PYCAFFE = "import caffe; print('caffe version', caffe.__version__)"
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
    if wanted is not None:
        answer = _ask(_named(wanted), "--caffe")
        if isinstance(answer, Caffe):
            return answer
        raise CaffeError(f"--caffe {wanted}: no working Caffe ({answer})", INSTALL_HINT)
    broken = []
    for path, found in _candidates():
        answer = _ask(path, found)
        if isinstance(answer, Caffe):
            return answer
        broken.append(f"; {path} does not work ({answer})")
    answer = _ask(Path(sys.executable), "this Python")
    if isinstance(answer, Caffe):
        return answer
    places = "in $CAFFE_ROOT, on PATH, in the cache of scripts/install-caffe or as a module of this Python"
    raise CaffeError(f"found no Caffe {places}{''.join(broken)}", INSTALL_HINT)


def _named(wanted: Path) -> Path:
    """The file that the user's word for a Caffe means."""
    if wanted.is_dir():
        found = next(_builds(wanted), None)
        if found is None:
            raise CaffeError(f"--caffe {wanted}: no build of Caffe in there", INSTALL_HINT)
        return found
    if wanted.exists():
        return wanted.absolute()
    if (on_path := shutil.which(str(wanted))) is None:
        raise CaffeError(f"--caffe {wanted}: no such file", INSTALL_HINT)
    return Path(on_path).absolute()


def _candidates() -> Iterator[tuple[Path, str]]:
    if root := os.environ.get("CAFFE_ROOT"):
        yield from ((path, "$CAFFE_ROOT") for path in _builds(Path(root)))
    if on_path := shutil.which("caffe"):
        yield Path(on_path).absolute(), "PATH"
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "autofix" / "caffe"
    built = sorted(cache.glob("*/bin/caffe"), key=lambda path: path.stat().st_mtime, reverse=True)
    yield from ((path, "built by scripts/install-caffe") for path in built)


def _builds(folder: Path) -> Iterator[Path]:
    places = ((folder / place).absolute() for place in BUILD_PLACES)
    return (place for place in places if place.is_file())


def _ask(path: Path, found: str) -> Caffe | str:
    """Ask ``path`` what it is; the answer is the Caffe there, or why there is none."""
    pycaffe = path.name.startswith("python")
    arguments = ["-c", ASK_PYCAFFE] if pycaffe else ["--version"]
    try:
        done = subprocess.run(
            [path, *arguments], capture_output=True, timeout=PROBE_SECONDS, env=environment(), check=False
        )
    except subprocess.TimeoutExpired:
        return f"no answer within {PROBE_SECONDS:.0f} s"
    except OSError as error:
        return error.strerror or str(error)
    said = (done.stdout + done.stderr).decode(errors="replace").strip()
    version = re.search(r"caffe version ([\w.+-]+)", said)
    if done.returncode == 0 and (version or "caffe" in said):
        return Caffe("pycaffe" if pycaffe else "executable", path, version.group(1) if version else "", found)
    return said.splitlines()[-1] if said and done.returncode else "it does not answer like Caffe"
