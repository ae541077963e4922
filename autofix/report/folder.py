"""The output folder before a run: nothing in it is lost."""

from __future__ import annotations

from pathlib import Path

from autofix.errors import InputError
from autofix.report.files import DIFF, JSON
from autofix.search import Settings

OURS = ("study.db", "probes", JSON, DIFF)  # signs of an earlier run


def prepare(settings: Settings) -> Path | None:
    """Make the output folder; an earlier result there is moved aside, unless it is to be resumed.

    Returns:
        where the earlier result went, or None.

    Raises:
        InputError: the folder cannot be made, or is a file.
    """
    out, moved = settings.out, None
    try:
        if not settings.resume and any((out / name).exists() for name in OURS):
            moved = _free(out)
            out.rename(moved)
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"--out {out}: {error.strerror}", "name a folder that can be written") from error
    return moved


def _free(out: Path) -> Path:
    """The first of OUT.1, OUT.2, ... that is not taken."""
    number = 1
    while (found := out.with_name(f"{out.name}.{number}")).exists():
        number += 1
    return found
