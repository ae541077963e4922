"""Snapshots in HDF5: those of ``snapshot_format: HDF5``, as Net::ToHDF5 and SGDSolver write them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Literal

import h5py
import numpy as np

from autofix.caffe.stored.blobs import PIECE, Blob, Read, Role, Snapshot, numbered
from autofix.caffe.stored.formats import Form
from autofix.caffe.tops import Array
from autofix.errors import InputError


@contextmanager
def opened(path: Path) -> Iterator[h5py.File]:
    """Open an HDF5 file for reading, without locking it.

    Raises:
        InputError: it is damaged.
    """
    try:
        file = h5py.File(path, "r", locking=False)
    except OSError as error:
        hint = "it was not written to its end (a full disk, a killed training) or not wholly copied"
        raise InputError(f"{path}: not a readable HDF5 file ({error})", hint) from error
    with file:
        yield file


def contents(file: h5py.File) -> Literal["caffemodel", "solverstate", "data"]:
    """What an HDF5 file holds, told by the names within it."""
    if isinstance(file.get("history"), h5py.Group):
        return "solverstate"
    return "caffemodel" if isinstance(file.get("data"), h5py.Group) else "data"


def hdf5_snapshot(file: h5py.File, path: Path) -> Snapshot:
    """Return the snapshot that ``file`` holds; its blobs can be read as long as it is open."""
    if contents(file) == "solverstate":
        iteration = int(np.asarray(file["iter"]).ravel()[0]) if "iter" in file else numbered(path)
        learned = np.asarray(file["learned_net"]).ravel()[0] if "learned_net" in file else b""
        name = learned.decode(errors="replace") if isinstance(learned, bytes) else str(learned)
        return Snapshot(
            path, "solverstate", Form.HDF5, "", 0, iteration, name, tuple(_blobs(file["history"], "", "data"))
        )
    found = [*_blobs(file["data"], "", "data"), *(_blobs(file["diff"], "", "diff") if "diff" in file else ())]
    layers = len({blob.layer for blob in found})
    return Snapshot(path, "caffemodel", Form.HDF5, "", layers, numbered(path), "", tuple(found))


def _blobs(group: h5py.Group, layer: str, role: Role) -> Iterator[Blob]:
    """The blobs below ``group``: layers' names may hold slashes, which make groups of their own."""
    names = sorted(group, key=lambda name: (int(name) if name.isdecimal() else -1, name))
    for name in names:
        found = group[name]
        if isinstance(found, h5py.Dataset):
            index = int(name) if name.isdecimal() else 0
            yield Blob(layer, "", index, role, found.shape, found.dtype.name, found.size, partial(pieces, found))
        else:
            yield from _blobs(found, f"{layer}/{name}" if layer else name, role)


def pieces(dataset: h5py.Dataset) -> Iterator[Read]:
    """Yield functions that read ``dataset`` part by part, in its order."""
    for part in parts(dataset.shape, dataset.dtype.itemsize):
        yield partial(_read, dataset, part)


def parts(shape: tuple[int, ...], itemsize: int) -> Iterator[tuple[slice, ...]]:
    """Cut an array into pieces of about `PIECE` bytes: over its first axis and, where that is not enough, the next."""
    if not shape:
        yield ()
        return
    row = math.prod(shape[1:]) * itemsize
    if row > PIECE:
        for index in range(shape[0]):
            yield from ((slice(index, index + 1), *rest) for rest in parts(shape[1:], itemsize))
        return
    step = max(1, PIECE // max(row, 1))
    for start in range(0, shape[0], step):
        yield (slice(start, min(start + step, shape[0])),)


def _read(dataset: h5py.Dataset, part: tuple[slice, ...]) -> Array:
    values: Any = dataset[part]
    return np.asarray(values)
