"""The output folder before a run: nothing that is in it gets lost."""

from __future__ import annotations

import errno
import fcntl
import os
import re
import shutil
from collections.abc import Collection, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from autofix.errors import InputError
from autofix.search.settings import Settings

PROBES = "probes"  # its being there tells an output folder of ours from any other
LOG = "caffe.log"  # of one run, in its folder


def run_name(number: int, seed: int | None = None) -> str:
    """Return the name of the folder of trial ``number``'s probe, or of its confirmation run with ``seed``."""
    return f"{number:03d}" if seed is None else f"{number:03d}-seed{seed}"


def clear(probes: Path, trials: Iterable[int], kept: Collection[str]) -> None:
    """Remove what trainings left that were cut short: their logs are long, and each sitting leaves some.

    Args:
        trials: all of these stays.
        kept: and so do folders of these names.
    """
    whole = {run_name(number) for number in trials}
    for folder in probes.iterdir():
        told = re.fullmatch(r"(\d{3,})(-[a-z0-9-]+)?", folder.name)
        if told and told.group(1) not in whole and folder.name not in kept:
            shutil.rmtree(folder, ignore_errors=True)


def check_folder(settings: Settings, *files: Path) -> None:
    """Refuse an output folder whose files a run would mix up with its own.

    Args:
        files: the user's.

    Raises:
        InputError: it holds one of ``files``, or files of somebody else.
    """
    out = settings.out.resolve()
    if out.exists() and not out.is_dir():
        raise InputError(f"--out {settings.out}: not a folder")
    for file in files:
        if file.resolve().is_relative_to(out):
            raise InputError(f"--out {settings.out}: {file.name} lies in there", "name a folder of its own")
    if out.exists() and any(out.iterdir()) and not (out / PROBES).is_dir():
        raise InputError(f"--out {settings.out}: holds files, but no earlier result", "name an empty or a new folder")


@contextmanager
def prepared(settings: Settings) -> Iterator[Path | None]:
    """Make the output folder, and keep others out; an earlier result there is moved aside, unless it is to be resumed.

    Yields:
        where the earlier result went, or None.

    Raises:
        InputError: the folder cannot be made, or another autofix is at work in it.
    """
    out, moved = settings.out, None
    with ExitStack() as held:
        try:
            if not settings.resume and (out / PROBES).is_dir():
                held.enter_context(_alone(out))
                moved = _free(out)
                out.rename(moved)
            (out / PROBES).mkdir(parents=True, exist_ok=True)
            held.enter_context(_alone(out))
        except OSError as error:
            raise InputError(f"--out {out}: {error.strerror}", "name a folder that can be written") from error
        yield moved


@contextmanager
def _alone(out: Path) -> Iterator[None]:
    """Lock an output folder until the end, however that comes: the system forgets the locks of what was killed."""
    folder = os.open(out / PROBES, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno == errno.EWOULDBLOCK:
            raise InputError(
                f"--out {out}: another autofix is at work in there", "wait for its end, or name another folder"
            ) from error
    try:
        yield
    finally:
        os.close(folder)


def _free(out: Path) -> Path:
    """The first of OUT.1, OUT.2, ... that is not taken."""
    number = 1
    while (found := out.with_name(f"{out.name}.{number}")).exists():
        number += 1
    return found
