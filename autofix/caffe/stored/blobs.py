"""What a snapshot holds: blobs by layer, each read a piece at a time."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal, TypeAlias

import numpy as np

from autofix.caffe.stored.formats import Form
from autofix.caffe.stored.wire import UNPACKED
from autofix.caffe.tops import Array

PIECE = 1 << 20  # bytes that are read at once
Read: TypeAlias = Callable[[], Array]
What: TypeAlias = Literal["caffemodel", "solverstate", "mean"]
Role: TypeAlias = Literal["data", "diff"]

_ITERATION = re.compile(r"_iter_(\d+)\.")


@dataclass(frozen=True, eq=False, slots=True)
class Blob:
    """One blob, whose values stay in the file until they are asked for.

    Attributes:
        layer, type: of the layer it belongs to, as the file names them; a solverstate names none.
        index: among the layer's blobs; in a solverstate whose weights are not at hand, among the histories.
        role: the values, or the gradients that ``snapshot_diff`` adds.
        shape: as written, possibly empty.
        dtype: of the stored values.
        count: values that are stored; what the shape asks for, unless the file is damaged.
        pieces: yields functions that read the values part by part, safe to be called from threads.
        history: whether it is what a solver remembers of a blob, such as its momentum.
    """

    layer: str
    type: str
    index: int
    role: Role
    shape: tuple[int, ...]
    dtype: str
    count: int
    pieces: Callable[[], Iterator[Read]]
    history: bool = False

    @property
    def size(self) -> int:
        """How many bytes of the file its values take."""
        return self.count * np.dtype(self.dtype).itemsize


@dataclass(frozen=True, eq=False, slots=True)
class Snapshot:
    """A .caffemodel, a .solverstate or a mean image.

    Attributes:
        name: of the net; empty where none is written.
        layers: how many it tells of, those without blobs included.
        iteration: at which it was taken; None where neither the file nor its name tells.
        learned_net: the weights that a solverstate goes with.
    """

    path: Path
    what: What
    form: Form
    name: str
    layers: int
    iteration: int | None
    learned_net: str
    blobs: tuple[Blob, ...]


def numbered(path: Path) -> int | None:
    """Return the iteration that a snapshot's name tells, as in ``lenet_iter_5000.caffemodel``."""
    found = _ITERATION.search(path.name)
    return int(found.group(1)) if found is not None else None


def read_at(descriptor: int, start: int, end: int, dtype: np.dtype[np.generic]) -> Iterator[Read]:
    """Yield functions that read the values from ``start`` to ``end`` of a file, without moving its position."""
    size = PIECE // dtype.itemsize * dtype.itemsize
    for at in range(start, end, size):
        yield partial(_read, descriptor, at, min(size, end - at), dtype)


def _read(descriptor: int, at: int, length: int, dtype: np.dtype[np.generic]) -> Array:
    data = os.pread(descriptor, length, at)
    if len(data) < length:
        raise OSError("the file has become shorter while it was read")
    values = np.frombuffer(data, dtype)
    return values["value"] if dtype == UNPACKED else values
