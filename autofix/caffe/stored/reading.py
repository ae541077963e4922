"""From a path to everything there is to know of what lies there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import cycle
from pathlib import Path
from typing import TypeAlias

from autofix.caffe.stored.binary import binary_snapshot
from autofix.caffe.stored.blobs import Blob, Snapshot
from autofix.caffe.stored.columns import DataSet
from autofix.caffe.stored.formats import Form, recognise
from autofix.caffe.stored.hdf5 import contents, hdf5_snapshot, opened
from autofix.caffe.stored.measure import measure
from autofix.caffe.stored.moments import Stats
from autofix.caffe.stored.survey import survey
from autofix.caffe.stored.tables import survey_hdf5
from autofix.errors import InputError

Advance: TypeAlias = Callable[[int, int], None]  # bytes that were read, of how many


@dataclass(frozen=True, eq=False, slots=True)
class StoredSnapshot:
    """A snapshot with the numbers of its blobs.

    Attributes:
        snapshot: its blobs cannot be read any more.
        size: bytes of the file.
        stats: of each blob, in their order.
    """

    snapshot: Snapshot
    size: int
    stats: tuple[Stats, ...]


Stored: TypeAlias = StoredSnapshot | DataSet


def _silent(_more: int, _total: int) -> None:
    """Tell nobody."""


def read_stored(path: Path, advance: Advance = _silent, most: int | None = None) -> Stored:
    """Read a snapshot or a data set from its first byte to its last.

    Args:
        most: records of an LMDB or LevelDB to look at, spread evenly; None for all.

    Raises:
        InputError: there is nothing of the kind, or it is cut off or damaged.
    """
    form = recognise(path)
    if form in (Form.LMDB, Form.LEVELDB):
        return survey(path, form, advance, most)
    try:
        if form is Form.LIST or (form is Form.HDF5 and _holds_data(path)):
            return survey_hdf5(path, form, advance)
        with _snapshot(path, form) as snapshot:
            total = sum(blob.size for blob in snapshot.blobs)
            stats = measure(snapshot, lambda count: advance(count, total))
            return StoredSnapshot(named(snapshot), path.stat().st_size, stats)
    except OSError as error:
        raise InputError(f"{path}: cannot be read to its end ({error.strerror or error})") from error


@contextmanager
def _snapshot(path: Path, form: Form) -> Iterator[Snapshot]:
    if form is Form.BINARY:
        with binary_snapshot(path) as snapshot:
            yield snapshot
    else:
        with opened(path) as file:
            yield hdf5_snapshot(file, path)


def named(snapshot: Snapshot) -> Snapshot:
    """Return a solverstate with the names of the blobs its histories belong to, where its weights are at hand.

    Solvers keep one history for each blob, in the order of the net, or two (Adam, AdaDelta). A net that shares weights
    has fewer histories than blobs; then the names are left out.
    """
    if snapshot.what != "solverstate" or not snapshot.learned_net:
        return snapshot
    places = (Path(snapshot.learned_net), snapshot.path.with_name(Path(snapshot.learned_net).name))
    weights = next((place for place in places if place.is_file()), None)
    blobs = _structure(weights) if weights is not None else ()
    histories = snapshot.blobs
    if not blobs or [blob.shape for blob in histories] != [blob.shape for blob in blobs] * (
        len(histories) // len(blobs)
    ):
        return snapshot
    pairs = zip(histories, cycle(blobs), strict=False)
    renamed = tuple(replace(one, layer=of.layer, type=of.type, index=of.index, history=True) for one, of in pairs)
    return replace(snapshot, blobs=renamed)


def _structure(path: Path) -> tuple[Blob, ...]:
    """The blobs of the weights in ``path``; none where they cannot be read, or stand in no order (in HDF5)."""
    try:
        if recognise(path) is not Form.BINARY:
            return ()
        with binary_snapshot(path) as weights:
            return tuple(blob for blob in weights.blobs if blob.role == "data")
    except InputError:
        return ()


def _holds_data(path: Path) -> bool:
    with opened(path) as file:
        return contents(file) == "data"
