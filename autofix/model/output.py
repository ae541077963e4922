"""The patched files as the user gets them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from autofix.model.change import Change, replaced
from autofix.model.patch import Patch
from autofix.model.training import Training
from autofix.prototxt import Document, apply

_WHY = "the patched net lies in the output folder"


def relinked(training: Training, patch: Patch, out: Path) -> tuple[Change, ...]:
    """The changes that make the solver in ``out`` name the patched nets there.

    The path is the one that leads there from ``training.folder``, so that ``caffe train --solver=OUT/solver.prototxt``
    works from that folder. Nets that do not change stay where they are, and so does their path. The edits are those of
    the solver as ``patch`` leaves it.
    """
    names = _names(training, patch)
    solver = patch.document(training.solver.path)
    changes = []
    for field in ("net", "train_net", "test_net"):
        for scalar in solver.root.scalars(field):
            name = names.get(training.resolve(scalar.string))
            if name is not None:
                path = os.path.relpath(out.absolute() / name, training.folder)
                changes.append(replaced(training.solver.path, field, scalar, path, _WHY))
    return tuple(changes)


def patched_files(training: Training, patch: Patch, out: Path) -> Mapping[Path, Document]:
    """What to write into ``out``, by path: the solver, and every net file that changes, under their own names."""
    path = training.solver.path
    solver = apply(patch.document(path), [change.edit for change in relinked(training, patch, out)])
    nets = {out / name: patch.document(file) for file, name in _names(training, patch).items()}
    return {out / path.name: solver, **nets}


def _names(training: Training, patch: Patch) -> dict[Path, str]:
    """A name for each changed net: its own, with its folder's name before it where two are called the same."""
    taken, names = {training.solver.path.name}, {}
    for file in patch.documents:
        if file == training.solver.path:
            continue
        name = file.name if file.name not in taken else f"{file.parent.name}-{file.name}"
        number = 2
        while name in taken:
            name, number = f"{file.stem}-{number}{file.suffix}", number + 1
        names[file] = name
        taken.add(name)
    return names
