"""From a case to a folder in which plain ``caffe train`` and Autofix run."""

from __future__ import annotations

from pathlib import Path

from autofix import prototxt
from studies.corpus import datasets, faults
from studies.corpus.catalog import HERE, Case
from studies.corpus.draft import Draft
from studies.corpus.storage import store

CACHE = HERE.parent / "data"  # of data sets, where nothing else is said; git does not see it


def draft(case: Case) -> Draft:
    """The training of a case, in memory."""
    folder = HERE / "nets" / case.net
    made = Draft(
        prototxt.read(folder / "solver.prototxt"),
        prototxt.read(folder / "net.prototxt"),
        datasets.build(case.data),
    )
    for step in (*case.variant, *case.faults):
        try:
            made = faults.apply(made, step)
        except ValueError as error:
            raise ValueError(f"{case.id}: {error}") from error
    return made


def materialise(case: Case, folder: Path, cache: Path) -> Draft:
    """Write solver.prototxt and net.prototxt into ``folder``, with a link ``data`` to what they read.

    Caffe is to be started in ``folder``: all paths are relative to it.

    Args:
        cache: where data sets are kept; what is missing there is written, for the next case as well.
    """
    made = draft(case)
    home = cache / "+".join((case.data, *made.spoiled))
    if not home.is_dir():
        store(made.tables, home)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "solver.prototxt").write_text(made.solver.text)
    (folder / "net.prototxt").write_text(made.net.text)
    link = folder / "data"
    link.unlink(missing_ok=True)
    link.symlink_to(home.resolve(), target_is_directory=True)
    return made
