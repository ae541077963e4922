"""The steps of an installation: find or build a Caffe, and make its pycaffe importable."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from . import build, cuda, present, proof, python, sources, system
from .console import Console, InstallError
from .present import Caffe
from .python import Python


def install(options: argparse.Namespace, console: Console) -> None:
    """Find or build a Caffe, and make its pycaffe importable.

    Raises:
        InstallError: there is none in the end.
    """
    target = python.describe(options.python or python.default())
    cache = build.cache_folder()
    with build.lock(cache, console):
        console.open_log(cache / "install.log")
        anew = options.source or options.force_build or options.cuda or options.check
        caffe = None if anew else already_there(target, console) or build.kept_for_cuda(cache)
        caffe = caffe or compiled(options, target, cache, console)
        if caffe is None:
            console.step("All is well, and nothing of it was kept")
            return
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


def compiled(options: argparse.Namespace, target: Python, cache: Path, console: Console) -> Caffe | None:
    """The build of the first source that there is, from the cache if it is there; None if it was only to be checked."""
    kinds = sources.kinds(options.source or "auto")
    at_hand = {kind: source for kind in kinds if (source := sources.at_hand(kind, cache))}
    system.ensure_packages((*system.COMPILER, *system.LIBRARIES, *system.PYTHON), console, system.OLD_BOOST)
    with_pycaffe = python_for_pycaffe(target, console)
    with_cuda = None
    if options.cuda:
        with_cuda = cuda.prepare(options.cuda_arch or "", options.cuda, cache, target, console)
    if not options.force_build and not options.check:
        for source in at_hand.values():
            if caffe := build.cached(build.Plan(source, with_pycaffe, with_cuda), cache):
                return caffe
    source = first_source(kinds, at_hand, target, cache, console)
    plan = build.Plan(source, with_pycaffe, with_cuda)
    if options.check:
        build.check(plan, cache, options.jobs, console)
        return None
    return build.build(plan, cache, options.jobs, console)


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
