"""The Python that pycaffe is for: what it is, whether pycaffe fits it, and making pycaffe importable there."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from .console import Console, InstallError

REPOSITORY = Path(__file__).resolve().parents[3]
# What `import caffe` needs; caffe_pb2.py runs with any protobuf since 3.20.
REQUIREMENTS = {"numpy": "numpy", "protobuf": "protobuf>=3.20", "scikit-image": "scikit-image", "six": "six"}
PTH_NAME = "autofix-caffe.pth"

ASK = """
import json, pathlib, sys, sysconfig
try:
    from importlib.metadata import distributions
    versions = {(d.metadata["Name"] or "").lower(): d.version for d in distributions()}
except ImportError:
    versions = {}
print(json.dumps({
    "version": sys.version_info[:2],
    "site_packages": sysconfig.get_path("purelib"),
    "managed": sys.prefix == sys.base_prefix
        and (pathlib.Path(sysconfig.get_path("stdlib")) / "EXTERNALLY-MANAGED").exists(),
    "library_dir": sysconfig.get_config_var("LIBDIR"),
    "versions": versions,
}))
"""


@dataclass(frozen=True)
class Python:
    """A Python interpreter, as it describes itself.

    Args:
        managed: the distribution forbids pip to install into it.
        library_dir: where its libpython would be.
        versions: its installed packages.
    """

    executable: Path
    version: tuple[int, int]
    site_packages: Path
    managed: bool
    library_dir: Path
    versions: dict[str, str]

    def __str__(self) -> str:
        return f"Python {self.version[0]}.{self.version[1]}"

    @property
    def abi(self) -> str:
        """What a compiled module depends on: built for NumPy 1 it does not run with NumPy 2."""
        numpy = self.versions.get("numpy", "0").partition(".")[0]
        return f"{self} with NumPy {numpy}"

    def pip(self, console: Console) -> list[str]:
        """The command of its pip, brought by ensurepip if need be."""
        if "pip" not in self.versions:
            if self.managed:
                raise InstallError(f"{self.executable} has no pip", hint="give a virtual environment with --python")
            console.run([self.executable, "-m", "ensurepip"], hint=f"install pip for {self.executable}")
        return [str(self.executable), "-m", "pip"]

    def downloader(self, folder: Path, console: Console) -> list[str]:
        """The command of a pip that is not to install anything here: its own, or else one made in ``folder``."""
        if "pip" in self.versions or not self.managed:
            return self.pip(console)
        console.run([self.executable, "-m", "venv", folder], hint="install the package python3-venv")
        return [str(folder / "bin/python"), "-m", "pip"]

    def why_no_pycaffe(self) -> str:
        """Why pycaffe cannot be built for this Python; empty where it can."""
        if self.managed:
            return f"{self.executable} belongs to the system; make a virtual environment and give it with --python"
        name = "{}.{}".format(*self.version)
        boost = list(Path("/usr/lib").glob("*/libboost_python3*.so"))
        if not any(path.name == f"libboost_python3{self.version[1]}.so" for path in boost):
            has = ", ".join(sorted({f"3.{path.stem.removeprefix('libboost_python3')}" for path in boost})) or "none"
            return f"it needs Boost.Python for Python {name}, and this system has it for {has}"
        places = [self.library_dir, *Path("/usr/lib").glob("*-linux-gnu*")]
        if not any(place.glob(f"libpython{name}.so*") for place in places):
            return f"it needs libpython{name}.so, which neither {self.executable} nor the system has"
        return ""


def default() -> str:
    """The project's virtual environment, or the first python3."""
    own = REPOSITORY / ".venv/bin/python"
    return str(own) if own.exists() else shutil.which("python3") or sys.executable


def describe(executable: str) -> Python:
    """Ask an interpreter what it is.

    Raises:
        InstallError: it is none, or too old.
    """
    path = Path(
        shutil.which(executable) or executable
    ).absolute()  # not resolved: that would leave a virtual environment
    try:
        done = subprocess.run([path, "-c", ASK], capture_output=True, encoding="utf-8", check=True)
        told = json.loads(done.stdout)
    except (OSError, subprocess.CalledProcessError, json.JSONDecodeError) as error:
        raise InstallError(f"{executable} is no working Python", hint="give one with --python PATH") from error
    return Python(
        executable=path,
        version=(told["version"][0], told["version"][1]),
        site_packages=Path(told["site_packages"]),
        managed=told["managed"],
        library_dir=Path(told["library_dir"] or "/nonexistent"),
        versions=told["versions"],
    )


def ensure_requirements(python: Python, console: Console) -> Python:
    """Install what pycaffe needs, and return the Python as it is then."""
    missing = [requirement for name, requirement in REQUIREMENTS.items() if name not in python.versions]
    if not missing:
        return python
    console.step(f"Installing {', '.join(missing)} for {python.executable}")
    pip = python.pip(console)
    console.run([*pip, "install", *missing], hint="check pip's index and the network")
    return describe(str(python.executable))


def link(python: Python, folder: Path) -> None:
    """Make the caffe package in ``folder`` importable by this Python."""
    pth = python.site_packages / PTH_NAME
    line = f"{folder}\n"
    if not pth.is_file() or pth.read_text(encoding="utf-8") != line:
        pth.write_text(line, encoding="utf-8")


def import_problem(python: Python, folder: Path | None = None) -> str:
    """Why `import caffe` fails, from ``folder`` or with what the Python knows already; empty where it works."""
    path = f"sys.path.insert(0, {str(folder)!r})" if folder else "pass"
    done = _python(python, f"import sys; {path}; import caffe; caffe.Net")
    return "" if done.returncode == 0 else (done.stderr.strip().splitlines() or ["it crashes"])[-1]


def caffe_package(python: Python) -> Path | None:
    """The folder of the caffe package that this Python would import."""
    done = _python(python, "import importlib.util as u; s = u.find_spec('caffe'); print(s.origin if s else None)")
    origin = Path(done.stdout.strip())
    return origin.parent if origin.is_file() else None


def _python(python: Python, code: str) -> subprocess.CompletedProcess[str]:
    # Elsewhere a folder named caffe in the working folder would be imported.
    return subprocess.run(
        [python.executable, "-c", code], cwd="/", capture_output=True, encoding="utf-8", errors="replace", check=False
    )
