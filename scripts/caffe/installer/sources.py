"""Where Caffe's source comes from: a folder, the Debian or Ubuntu archive, or PyPI.

Fetched sources are kept in the cache, each in a folder ``<kind>-<version>``. No address is written here: the archive is
the one this machine's apt already uses, and PyPI the one its pip uses.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from . import system
from .console import Console, InstallError
from .python import Python


class Archive(NamedTuple):
    """An archive: its last releases with a source package `caffe`, in which component, and the package of its keys."""

    releases: tuple[str, ...]
    component: str
    keyring_package: str


ARCHIVES = {
    "debian": Archive(("bullseye",), "main", "debian-archive-keyring"),
    "ubuntu": Archive(("jammy", "focal"), "universe", "ubuntu-keyring"),
}
# BVLC 1.0 as it is, but for one call mended for newer protobufs and weights read from HDF5, which it leaves out. The
# other releases of this name are a fork with more layers, more dependencies and other log lines.
PYPI_NAME = "brocolli-caffe"
PYPI_VERSION = "3.0.0"
PYPI_SHA256 = "ad7ba487552f4343df25044a9fa14812a96add48ea2ff993b53bf2dafe8248e2"

LANDMARK = Path("src/caffe/proto/caffe.proto")  # every Caffe source has it


@dataclass(frozen=True)
class Source:
    """A Caffe source tree on this machine."""

    kind: str
    version: str
    folder: Path

    def __str__(self) -> str:
        return f"{self.kind} {self.version}"


def kinds(wanted: str) -> list[str]:
    """The kinds of source to try, in order."""
    if wanted != "auto":
        return [wanted]
    return [*(["folder"] if os.environ.get("CAFFE_SOURCE") else []), "debian", "pypi"]


def at_hand(kind: str, cache: Path) -> Source | None:
    """The source of this kind that is already on the machine."""
    if kind == "folder":
        return from_folder()
    for folder in sorted((cache / "sources").glob(f"{kind}-*"), reverse=True):
        version = folder.name.removeprefix(f"{kind}-")
        if (folder / LANDMARK).is_file() and (kind != "pypi" or version == PYPI_VERSION):
            return Source(kind, version, folder)
    return None


def fetch(kind: str, cache: Path, python: Python, console: Console) -> Source:
    """Get the source of this kind and keep it in the cache.

    Raises:
        InstallError: it cannot be had from there.
    """
    if kind == "folder":
        return from_folder()
    getters: dict[str, Callable[[Path], tuple[str, Path]]] = {
        "debian": lambda work: from_archive(work, console),
        "pypi": lambda work: from_pypi(work, python, console),
    }
    (cache / "sources").mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache, prefix="work-") as work:
        version, tree = getters[kind](Path(work))
        if not (tree / LANDMARK).is_file():
            raise InstallError(f"what came from {kind} is no Caffe source: it has no {LANDMARK}")
        folder = cache / "sources" / f"{kind}-{version}"
        shutil.rmtree(folder, ignore_errors=True)
        tree.rename(folder)
    return Source(kind, version, folder)


def from_folder() -> Source:
    """The source in $CAFFE_SOURCE; its version is a hash of what is compiled from it.

    Raises:
        InstallError: there is no Caffe source.
    """
    named = os.environ.get("CAFFE_SOURCE", "")
    if not named:
        raise InstallError("CAFFE_SOURCE is not set", hint="set CAFFE_SOURCE to the folder of a Caffe source")
    folder = Path(named).expanduser().absolute()
    if not (folder / LANDMARK).is_file():
        raise InstallError(
            f"CAFFE_SOURCE={named} is no Caffe source: it has no {LANDMARK}",
            hint="set CAFFE_SOURCE to a folder that holds src/, include/, tools/ and python/ of Caffe, or unset it",
        )
    return Source("folder", tree_hash(folder, ("src", "include", "tools", "python"))[:12], folder)


def tree_hash(folder: Path, subfolders: Sequence[str], files: Sequence[str] = ()) -> str:
    """A hash of the names and contents of these files and of those in these subfolders."""
    digest = hashlib.sha256()
    inside = (path for name in subfolders for path in (folder / name).rglob("*"))
    for path in sorted([*inside, *(folder / name for name in files)]):
        if path.is_file() and path.suffix not in {".pyc", ".o", ".so"}:
            digest.update(f"{path.relative_to(folder)}\0".encode())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


# ---- The Debian or Ubuntu archive ------------------------------------------------------------------------------------


def from_archive(work: Path, console: Console) -> tuple[str, Path]:
    """Fetch the source package `caffe` of an older release, checked by apt against the archive's keys.

    It uses an apt of its own, with lists, sources and cache in ``work``: the machine's apt is only read.
    """
    family, release_names = archive_family()
    archive = ARCHIVES[family]
    system.ensure_packages(["dpkg-dev", archive.keyring_package], console)
    console.step(f"Fetching the source package caffe from the {family.capitalize()} archive")
    mirror = archive_address(release_names)
    problems = []
    for release in archive.releases:
        console.note(f"{release} ({archive.component}) of {mirror}")
        apt = private_apt(work, f"deb-src [signed-by={archive_keyring(family)}] {mirror} {release} {archive.component}")
        try:
            console.run([*apt, "update", "--error-on=any"])
            console.run([*apt, "source", "--download-only", "caffe"], cwd=work)
            break
        except InstallError as error:
            problems.append(f"{release}: {error.reason}: {'; '.join(error.details[:2])}")
    else:
        raise InstallError("no release of the archive has the source package caffe", details=problems)
    description = next(work.glob("caffe_*.dsc"))
    console.run(["dpkg-source", "--no-check", "-x", description, work / "tree"])  # apt has checked it
    return description.stem.removeprefix("caffe_"), work / "tree"


def archive_family() -> tuple[str, set[str]]:
    """Whether this system's archive is Debian's or Ubuntu's, and the names of its release."""
    ids, release_names = system.distribution()
    for family in ("ubuntu", "debian"):  # Ubuntu says that it is like Debian
        if family in ids:
            aliases = {"stable", "oldstable", "testing", "unstable", "sid"} if family == "debian" else set()
            return family, release_names | aliases
    raise InstallError("this system is neither Debian nor Ubuntu nor made from them")


def archive_address(release_names: set[str]) -> str:
    """The address of the archive that this machine's own packages come from."""
    targets = system.output_of(["apt-get", "indextargets", "--format", "$(RELEASE) $(REPO_URI)"])
    for target in targets.splitlines():
        release, _, address = target.partition(" ")
        if release in release_names and address and not address.startswith("cdrom:"):
            return address
    raise InstallError("apt names no archive for this system's own release", hint="check /etc/apt/sources.list*")


def archive_keyring(family: str) -> Path:
    """The file with the archive's public keys."""
    for path in sorted(Path("/usr/share/keyrings").glob(f"{family}-archive-keyring.*")):
        return path
    raise InstallError(f"the keys of the {family} archive are missing from /usr/share/keyrings")


def private_apt(work: Path, entry: str) -> list[str]:
    """An apt-get that knows one source entry and keeps all it writes in ``work``."""
    for folder in ("apt/lists/partial", "apt/cache/archives/partial"):
        (work / folder).mkdir(parents=True, exist_ok=True)
    (work / "apt/sources.list").write_text(f"{entry}\n", encoding="utf-8")
    options = {
        "Dir::Etc::SourceList": work / "apt/sources.list",
        "Dir::Etc::SourceParts": "/dev/null",
        "Dir::State::Lists": work / "apt/lists",
        "Dir::Cache": work / "apt/cache",
        "Acquire::Check-Valid-Until": "false",  # an old release is signed anew no more
        "Acquire::Languages": "none",
        "APT::Sandbox::User": "",  # root's apt would else download as a user who cannot write here
    }
    return ["apt-get", *(word for name, value in options.items() for word in ("-o", f"{name}={value}"))]


# ---- PyPI ------------------------------------------------------------------------------------------------------------


def from_pypi(work: Path, python: Python, console: Console) -> tuple[str, Path]:
    """Fetch the source distribution, checked against the hash written above."""
    pip = python.downloader(work / "pip", console)
    console.step(f"Fetching {PYPI_NAME} {PYPI_VERSION} from PyPI")
    requirements = work / "requirements.txt"
    requirements.write_text(f"{PYPI_NAME}=={PYPI_VERSION} --hash=sha256:{PYPI_SHA256}\n", encoding="utf-8")
    options = ["--no-deps", "--require-hashes", "--no-binary", PYPI_NAME, "--dest", str(work)]
    console.run([*pip, "download", *options, "-r", requirements], hint="check pip's index and the network")
    archive = next(path for path in work.iterdir() if re.search(r"\.tar\.\w+$", path.name))
    (work / "tree").mkdir()
    console.run(["tar", "--extract", "--strip-components=1", "--directory", work / "tree", "--file", archive])
    return PYPI_VERSION, work / "tree"
