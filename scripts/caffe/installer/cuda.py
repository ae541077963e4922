"""The CUDA toolkit to compile with, the libraries it lacks, and the GPUs to compile for.

The compiler is one that is on the machine (CUDA 11.8 and later), or comes as NVIDIA's Python wheels, whose package
``cuda-toolkit`` names the wheels that belong to each version of CUDA. cuBLAS and cuRAND come from there, too, where the
toolkit has none.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from . import system
from .console import Console, InstallError
from .python import Python

Version = tuple[int, int]
OLDEST: Version = (11, 8)
OLDEST_WHEELS: Version = (13, 0)  # the wheels of CUDA 12 have no nvcc
WHEELS_DRIVER = 580  # the driver that CUDA 13 needs
LIBRARIES = ("cublas", "curand")
HEADERS = ("cublas_v2.h", "curand.h")
# Of one core, for the first architecture and for each further one: with three, relu_layer.cu takes 1.4 times as long as
# with one, with five twice as long.
MINUTES, MINUTES_MORE = 15, 4
# One machine code for each generation; a card runs the code of an older one of its own generation. From Turing on.
GENERATIONS = ("75", "80", "90", "100", "120")


@dataclass(frozen=True)
class Toolkit:
    """A CUDA compiler, and the folders of cuBLAS and cuRAND where the toolkit has none itself."""

    nvcc: Path
    version: Version
    roots: tuple[Path, ...] = ()

    def __str__(self) -> str:
        return "CUDA {}.{}".format(*self.version)

    @property
    def has_libraries(self) -> bool:
        """Whether cuBLAS and cuRAND are in the toolkit or where the system keeps libraries."""
        places = [self.home / "include", Path("/usr/include")]
        return all(any((place / header).is_file() for place in places) for header in HEADERS)

    @property
    def home(self) -> Path:
        """Its folder as nvcc tells it, which may be a script that calls another nvcc."""
        told = re.search(r"^#\$ TOP=(.+)$", system.all_output_of([str(self.nvcc), "-v", "no-such-file"]), re.MULTILINE)
        return (Path(told[1].strip()) if told else self.nvcc.resolve().parents[1]).resolve()


@dataclass(frozen=True)
class Cuda:
    """What to compile with and for; ``architectures`` are in CMake's words, such as "90" or "80-real"."""

    toolkit: Toolkit
    architectures: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.toolkit} for {', '.join(self.architectures)}"

    @property
    def minutes(self) -> int:
        """About the minutes of one core that its part takes."""
        return MINUTES + MINUTES_MORE * (len(self.architectures) - 1)

    @property
    def options(self) -> dict[str, str]:
        """The options of our CMake project."""
        return {
            "CMAKE_CUDA_COMPILER": str(self.toolkit.nvcc),
            "CMAKE_CUDA_ARCHITECTURES": ";".join(self.architectures),
            "CUDA_ROOTS": ";".join(str(root) for root in self.toolkit.roots),
        }


def prepare(wanted: str, version: str, cache: Path, python: Python, console: Console) -> Cuda:
    """Find or fetch all that compiling for CUDA needs.

    Args:
        wanted: architectures as the user lists them, such as "8.6,9.0"; empty for the cards present.
        version: of the toolkit that is fetched where there is none, such as "13.0".

    Raises:
        InstallError: there is no compiler for these cards.
    """
    toolkit = on_this_machine() or from_wheels(version, cache, python, console)
    if not toolkit.roots and not toolkit.has_libraries:
        folder = wheels(("cublas", "curand"), toolkit.version, cache, python, console)
        toolkit = replace(toolkit, roots=roots_in(folder))
    console.note(f"{toolkit}: {toolkit.nvcc}")
    return Cuda(toolkit, architectures(wanted, toolkit))


# ---- The compiler ----------------------------------------------------------------------------------------------------


def on_this_machine() -> Toolkit | None:
    """The toolkit the user names, that on PATH, or the newest in the usual places.

    Raises:
        InstallError: the one that is named is none, or too old.
    """
    for place in _candidates():
        version = version_of(place)
        if version and version >= OLDEST:
            return Toolkit(place, version)
    named = next((name for name in ("CUDACXX", "CUDA_HOME", "CUDA_PATH") if os.environ.get(name)), None)
    if named:
        raise InstallError(f"{named}={os.environ[named]} is no CUDA toolkit of version 11.8 or later")
    return None


def _candidates() -> Iterator[Path]:
    if compiler := os.environ.get("CUDACXX"):
        yield Path(shutil.which(compiler) or compiler)
    homes = [os.environ[name] for name in ("CUDA_HOME", "CUDA_PATH") if os.environ.get(name)]
    yield from (Path(home) / "bin/nvcc" for home in homes)
    if compiler or homes:
        return
    if found := shutil.which("nvcc"):
        yield Path(found)
    folders = [Path("/usr/local/cuda"), *sorted(Path("/usr/local").glob("cuda-*"), reverse=True)]
    yield from (folder / "bin/nvcc" for folder in folders)


def version_of(nvcc: Path) -> Version | None:
    """The version an nvcc tells; None where there is none."""
    match = re.search(r"release (\d+)\.(\d+)", system.output_of([str(nvcc), "--version"]))
    return (int(match[1]), int(match[2])) if match else None


def from_wheels(wanted: str, cache: Path, python: Python, console: Console) -> Toolkit:
    """NVIDIA's wheels with the compiler and the libraries.

    Raises:
        InstallError: they cannot be had, or the driver here is too old for them.
    """
    match = re.fullmatch(r"(\d+)\.(\d+)", wanted)
    version = (int(match[1]), int(match[2])) if match else (0, 0)
    if version < OLDEST_WHEELS:
        raise InstallError(
            f"--cuda {wanted}: there is no CUDA compiler here, and it can be fetched from version 13.0 on",
            hint="say --cuda 13.0, or install a CUDA toolkit and set CUDA_HOME to its folder",
        )
    driver = query("driver_version")
    if driver and int(driver[0].partition(".")[0]) < WHEELS_DRIVER:
        raise InstallError(
            f"there is no CUDA compiler, and the one that can be fetched needs driver {WHEELS_DRIVER}, not {driver[0]}",
            hint="install a CUDA toolkit that fits the driver and set CUDA_HOME to its folder",
        )
    folder = wheels(("nvcc", "cccl", "cublas", "curand"), version, cache, python, console)
    nvcc = next(iter(folder.glob("nvidia/*/bin/nvcc")), None)
    told = version_of(nvcc) if nvcc else None
    if nvcc is None or told is None:
        raise InstallError(f"the wheels in {folder} hold no nvcc that runs on this machine")
    return Toolkit(nvcc, told, roots_in(folder))


def wheels(parts: Sequence[str], version: Version, cache: Path, python: Python, console: Console) -> Path:
    """A folder in the cache with these parts of NVIDIA's toolkit; fetched once."""
    folder = cache / "cuda" / "{}.{}-{}".format(*version, "-".join(parts))
    if not folder.is_dir():
        console.step(f"Fetching {', '.join(parts)} of CUDA {version[0]}.{version[1]} as Python wheels (up to 1 GB)")
        work = folder.with_name(f"work-{folder.name}")
        shutil.rmtree(work, ignore_errors=True)
        requirement = "cuda-toolkit[{}]=={}.{}.*".format(",".join(parts), *version)
        hint = f"check pip's index and the network, or install {' and '.join(parts)} of the CUDA toolkit"
        with tempfile.TemporaryDirectory(dir=cache, prefix="work-") as own:
            pip = python.downloader(Path(own), console)
            console.run([*pip, "install", "--no-compile", "--target", work, requirement], hint=hint)
        like_a_toolkit(work)
        work.rename(folder)
    return folder


def like_a_toolkit(folder: Path) -> None:
    """Give wheels the names that nvcc and CMake look for: lib64, and libraries without the number of their version."""
    for libraries in folder.glob("nvidia/*/lib"):
        libraries.with_name("lib64").symlink_to("lib")
        for library in sorted(libraries.glob("lib*.so.*")):
            plain = libraries / f"{library.name.partition('.so')[0]}.so"
            if not plain.exists():
                plain.symlink_to(library.name)


def roots_in(folder: Path) -> tuple[Path, ...]:
    """Folders with include/ and lib/: one for all in CUDA 13's wheels, one for each library in older ones."""
    return tuple(sorted(path.parent for path in folder.glob("nvidia/*/include")))


# ---- The GPUs --------------------------------------------------------------------------------------------------------


def architectures(wanted: str, toolkit: Toolkit) -> tuple[str, ...]:
    """What to compile for: the user's list, the cards of this machine, or one code for every generation of cards.

    Raises:
        InstallError: the list makes no sense, or this toolkit knows no such GPU.
    """
    known = set(re.findall(r"compute_(\d+\w?)", system.output_of([str(toolkit.nvcc), "--list-gpu-arch"])))
    asked = tuple(dict.fromkeys(word.replace(".", "") for word in re.split(r"[,;\s]+", wanted) if word))
    cards = () if asked else tuple(dict.fromkeys(each.replace(".", "") for each in query("compute_cap")))
    for number in asked or cards:
        if number not in known:
            raise InstallError(
                f"{toolkit} cannot compile for compute capability {number}",
                details=[f"it knows {', '.join(sorted(known, key=_digits))}"],
                hint="set CUDA_HOME to another toolkit, or list others with --cuda-arch",
            )
    if asked or cards:
        return asked or cards
    *older, newest = [number for number in GENERATIONS if number in known]
    return (*(f"{number}-real" for number in older), newest)  # the newest also as PTX, for cards to come


def _digits(architecture: str) -> int:
    return int(re.sub(r"\D", "", architecture))


def query(field: str) -> list[str]:
    """What nvidia-smi says of each card; empty without a card or a driver."""
    try:
        done = subprocess.run(
            ["nvidia-smi", f"--query-gpu={field}", "--format=csv,noheader"],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return []
    lines = [line.strip() for line in done.stdout.splitlines()]
    return [line for line in lines if re.fullmatch(r"\d+(\.\d+)*", line)] if done.returncode == 0 else []


def gpu_here() -> bool:
    """Whether this machine has a GPU that CUDA might use."""
    return bool(query("compute_cap")) or Path("/dev/nvidia0").exists()
