"""Snapshots in protobuf's binary format: NetParameter of every version, SolverState, and BlobProto (a mean image).

Numbers of fields: src/caffe/proto/caffe.proto of BVLC Caffe 1.0.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import NamedTuple

from autofix.caffe.stored.blobs import Blob, Snapshot, numbered
from autofix.caffe.stored.formats import Form
from autofix.caffe.stored.protos import DIMS, SHAPE, VALUES, Source, blobs
from autofix.caffe.stored.wire import Field, TornError, Wire, fields
from autofix.errors import InputError


class _Layer(NamedTuple):
    """The numbers of the fields of one version of LayerParameter; ``inner`` is where it wraps an older one."""

    name: int
    type: int
    blobs: int
    inner: int = 0


_NET_NAME = 1
_LAYERS = {100: _Layer(1, 2, 7), 2: _Layer(4, 5, 6, inner=1)}  # by their own number in NetParameter: today's, V1
_V0 = _Layer(1, 2, 50)
_ITER, _LEARNED_NET, _HISTORY = 1, 2, 3


@contextmanager
def binary_snapshot(path: Path) -> Iterator[Snapshot]:
    """Open a binary snapshot; its blobs can be read until the context ends.

    Raises:
        InputError: it is cut off, damaged, or no snapshot.
    """
    with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as data:
        try:
            found = _snapshot(Source(data, file.fileno()), path)
        except TornError as torn:
            raise _damaged(path, torn, len(data)) from torn
        yield found


def _damaged(path: Path, torn: TornError, size: int) -> InputError:
    if torn.at == 0:
        return InputError(f"{path}: neither a snapshot nor a data set of Caffe's")
    hint = "use an earlier one: it was not written to its end (a full disk, a killed training) or not wholly copied"
    if torn.missing:
        return InputError(f"{path}: cut off: at least {torn.missing:,} bytes are missing after {size:,}", hint)
    return InputError(f"{path}: damaged at byte {torn.at:,}: what stands there is no part of a snapshot", hint)


def _snapshot(source: Source, path: Path) -> Snapshot:
    """Tell the three messages apart by their first fields, which are written in the order of their numbers."""
    try:
        first, *more = islice(fields(source.data), 2)
    except TornError as torn:  # a file of another kind: of a snapshot that is cut off, bytes are missing there
        raise torn if torn.missing else TornError(0) from torn
    if first.number == _ITER and first.wire is Wire.VARINT:
        is_mean = bool(more) and more[0].number in DIMS and more[0].wire is Wire.VARINT
        return _mean(source, path) if is_mean else _state(source, path)
    if first.number in (SHAPE, *VALUES) and first.wire is Wire.BYTES:
        return _mean(source, path)
    return _net(source, path)


def _net(source: Source, path: Path) -> Snapshot:
    name, layers, found = "", 0, list[Blob]()
    for part in fields(source.data):
        if part.number == _NET_NAME and part.wire is Wire.BYTES:
            name = source.text(part)
        elif part.number in _LAYERS and part.wire is Wire.BYTES:
            layers += 1
            found += _layer(source, part, _LAYERS[part.number])
    if not layers:
        raise TornError(0)
    return Snapshot(path, "caffemodel", Form.BINARY, name, layers, numbered(path), "", tuple(found))


def _layer(source: Source, layer: Field, numbers: _Layer) -> Iterator[Blob]:
    name, kind, places = "", "", list[Field]()
    for part in fields(source.data, layer.start, layer.end):
        if part.number == numbers.type:
            kind = source.text(part) if part.wire is Wire.BYTES else str(part.value)
        elif part.wire is not Wire.BYTES:
            continue
        elif part.number == numbers.name:
            name = source.text(part)
        elif part.number == numbers.blobs:
            places.append(part)
        elif part.number == numbers.inner:
            yield from _layer(source, part, _V0)
    for index, place in enumerate(places):
        yield from blobs(source, place.start, place.end, name, kind, index)


def _state(source: Source, path: Path) -> Snapshot:
    iteration, learned, places = 0, "", list[Field]()
    for part in fields(source.data):
        if part.number == _ITER:
            iteration = part.value
        elif part.number == _LEARNED_NET and part.wire is Wire.BYTES:
            learned = source.text(part)
        elif part.number == _HISTORY and part.wire is Wire.BYTES:
            places.append(part)
    found = [blob for i, place in enumerate(places) for blob in blobs(source, place.start, place.end, index=i)]
    return Snapshot(path, "solverstate", Form.BINARY, "", 0, iteration, learned, tuple(found))


def _mean(source: Source, path: Path) -> Snapshot:
    found = tuple(blobs(source, 0, len(source.data)))
    return Snapshot(path, "mean", Form.BINARY, "", 0, None, "", found)
