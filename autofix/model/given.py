"""Files that the user names beside a training."""

from __future__ import annotations

from pathlib import Path

from autofix.errors import InputError
from autofix.model.training import Training


def given_files(training: Training, option: str, names: str) -> tuple[Path, ...]:
    """Return files, absolute, that an option names, with commas between them as for ``caffe train --weights``.

    Raises:
        InputError: there is no such file as typed, nor where Caffe would look for it.
    """
    return tuple(_existing(training, option, name) for name in names.split(","))


def _existing(training: Training, option: str, name: str) -> Path:
    places = (Path(name).absolute(), training.resolve(name))
    found = next((place for place in places if place.is_file()), None)
    if found is None:
        raise InputError(f"--{option} {name}: no such file here or in {training.folder}")
    return found
