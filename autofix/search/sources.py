"""Whether the files that a training reads are still what they were: a trial is about these, and about no others.

Data sets are large, so a file is told by its size and by blocks that lie evenly over it. Images that a list names, and
LevelDBs, which change whenever they are opened, are not looked at.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from autofix.model import DataInput, Training
from autofix.search.settings import Settings

BLOCK, BLOCKS = 1 << 16, 64  # bytes, and how many: together some milliseconds


def sources(training: Training, settings: Settings) -> Mapping[str, str]:
    """What tells each file that the training reads, by its name: data sets, means, and what it starts from."""
    given = str(settings.weights).split(",") if settings.weights else []
    snapshot = [str(settings.snapshot)] if settings.snapshot else []
    stored = [name for field in training.solver.root.scalars("weights") for name in field.word.split(",")]
    read = [name for data in training.train.inputs for name in _of(training, data)]
    files = {name: training.resolve(name) for name in (*read, *stored, *given, *snapshot)}
    return {name: sampled_digest(file) for name, file in files.items() if file.is_file()}


def sampled_digest(file: Path) -> str:
    """SHA-256 of a file's size and of `BLOCKS` blocks of it: of all of it where it is small.

    What may only be executed, as some install Caffe, is told by its size.
    """
    size = file.stat().st_size
    digest, last = hashlib.sha256(str(size).encode()), max(0, size - BLOCK)
    with suppress(PermissionError), file.open("rb") as opened:
        for index in range(BLOCKS):
            opened.seek(last * index // (BLOCKS - 1))
            digest.update(opened.read(BLOCK))
    return digest.hexdigest()


def _of(training: Training, data: DataInput) -> Iterator[str]:
    """The names of the files behind a data layer, as it finds them."""
    if data.mean_file:
        yield data.mean_file
    if data.backend == "LMDB":
        yield f"{data.source}/data.mdb"
    elif data.source:
        yield data.source
    if data.kind == "HDF5Data" and (listed := training.resolve(data.source)).is_file():
        yield from listed.read_text(errors="surrogateescape").split()
