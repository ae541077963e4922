"""Packages of the system: which are missing, and installing them with apt."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Sequence

from .console import Console, InstallError

COMPILER = ("cmake", "g++", "make")
LIBRARIES = (
    "libboost-filesystem-dev",
    "libboost-thread-dev",
    "libgflags-dev",
    "libgoogle-glog-dev",
    "libhdf5-dev",
    "libleveldb-dev",
    "liblmdb-dev",
    "libopenblas-dev",
    "libopencv-core-dev",
    "libopencv-imgcodecs-dev",
    "libopencv-imgproc-dev",
    "libprotobuf-dev",
    "libsnappy-dev",
    "protobuf-compiler",
)
PYTHON = ("libboost-python-dev", "python3-dev")
OLD_BOOST = ("libboost-system-dev",)  # a library of its own in old Boost, gone in new

APT = ("apt-get", "-y", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=600")


def ensure_packages(names: Sequence[str], console: Console, if_available: Sequence[str] = ()) -> None:
    """Install those of ``names`` that are missing, and those of ``if_available`` that the distribution has.

    Raises:
        InstallError: they cannot be installed; the error names them and the command that does.
    """
    missing = [name for name in (*names, *if_available) if not is_installed(name)]
    required = [name for name in missing if name in names]
    if not required:
        return
    if not shutil.which("apt-get"):
        raise InstallError(
            "this system has no apt: install-caffe knows Debian, Ubuntu and their kin",
            hint="install Caffe some other way and set CAFFE_ROOT to its folder",
        )
    console.step("Installing system packages")
    console.note(" ".join(required))
    as_root = root_command(required)
    if not all(has_candidate(name) for name in required):
        console.run([*as_root, *APT, "update"], hint="check the machine's network and /etc/apt")
    unknown = [name for name in required if not has_candidate(name)]
    if unknown:
        raise InstallError(
            f"apt knows no package {', '.join(unknown)}",
            hint="enable the distribution's full archive (on Ubuntu: universe) in /etc/apt and run apt-get update",
        )
    wanted = [name for name in missing if has_candidate(name)]
    console.run(
        [*as_root, "env", "DEBIAN_FRONTEND=noninteractive", *APT, "install", *wanted],
        hint=f"see why by hand: {install_line(required)}",
    )


def is_installed(package: str) -> bool:
    """Whether the package is installed; False where there is no dpkg at all."""
    return output_of(["dpkg-query", "-W", "-f=${db:Status-Status}", package]) == "installed"


def has_candidate(package: str) -> bool:
    """Whether apt could install the package."""
    lines = output_of(["apt-cache", "policy", package]).splitlines()
    return any(line.startswith("Candidate:") and "(none)" not in line for line in map(str.strip, lines))


def root_command(packages: Sequence[str]) -> list[str]:
    """What to put before a command so that it runs as root.

    Raises:
        InstallError: this user cannot become root here.
    """
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo") and (sys.stdin.isatty() or _succeeds(["sudo", "-n", "true"])):
        return ["sudo"]
    raise InstallError(
        f"system packages are missing, and this user cannot install them: {' '.join(packages)}",
        hint=f"have someone run: {install_line(packages)}",
    )


def install_line(packages: Sequence[str]) -> str:
    """The command that installs the packages, for a user to copy."""
    return f"sudo apt-get install --no-install-recommends {' '.join(packages)}"


def distribution() -> tuple[set[str], set[str]]:
    """The ids of this distribution and of those it is made from, and the names its release may go by."""
    release = os_release()
    ids = {release.get("ID", ""), *release.get("ID_LIKE", "").split()} - {""}
    names = {release.get(key, "") for key in ("VERSION_CODENAME", "UBUNTU_CODENAME", "DEBIAN_CODENAME")} - {""}
    return ids, names


def name() -> str:
    """The system that a compiled program is for; with a home folder on a network there may be several."""
    release = os_release()
    return f"{release.get('ID', 'unknown')} {release.get('VERSION_ID', '')} {platform.machine()}"


def os_release() -> dict[str, str]:
    """How the distribution describes itself."""
    try:
        return platform.freedesktop_os_release()
    except OSError:
        return {}


def output_of(command: Sequence[str]) -> str:
    """What a command prints on stdout, in English; empty where it is missing."""
    return _output(command, subprocess.DEVNULL)


def all_output_of(command: Sequence[str]) -> str:
    """What a command prints on stdout and stderr, in English; empty where it is missing."""
    return _output(command, subprocess.STDOUT)


def _output(command: Sequence[str], stderr: int) -> str:
    try:
        done = subprocess.run(
            command,
            stdout=subprocess.PIPE,
            stderr=stderr,
            env={**os.environ, "LC_ALL": "C"},
            encoding="utf-8",
            errors="replace",
            check=False,
        )
    except OSError:
        return ""
    return done.stdout


def _succeeds(command: Sequence[str]) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0
