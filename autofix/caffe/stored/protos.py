"""One BlobProto in a file: where its values are and what they are, without reading them.

Numbers of fields: src/caffe/proto/caffe.proto of BVLC Caffe 1.0; those of NVIDIA's fork (raw bytes, half floats) from
modules/dnn/src/caffe/opencv-caffe.proto of OpenCV, which reads them too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from autofix.caffe.schema import BlobShape
from autofix.caffe.stored.blobs import Blob, Read, Role, read_at
from autofix.caffe.stored.wire import UNPACKED, Bytes, Field, Wire, fields

DIMS, SHAPE = (1, 2, 3, 4), 7
VALUES: dict[int, tuple[Role, str]] = {
    5: ("data", "<f4"),
    6: ("diff", "<f4"),
    8: ("data", "<f8"),
    9: ("diff", "<f8"),
}
_RAW_TYPES: dict[int, Role] = {10: "data", 11: "diff"}
_RAW: dict[int, Role] = {12: "data", 13: "diff"}
_RAW_DTYPES = {0: "<f8", 1: "<f4", 2: "<f2", 3: "<i4", 4: "<u4"}


@dataclass(frozen=True)
class Source:
    """An open file, mapped and by its descriptor."""

    data: Bytes
    descriptor: int

    def text(self, found: Field) -> str:
        """The string that ``found`` holds."""
        return bytes(self.data[found.start : found.end]).decode(errors="replace")


@dataclass
class _Places:
    """Where the values of one role are: in parts, if whoever wrote them did so in several goes."""

    dtype: str
    parts: list[tuple[int, int, bool]] = field(default_factory=list)  # start, end, unpacked

    def take(self, found: Field) -> None:
        if found.wire is Wire.BYTES:
            size = np.dtype(self.dtype).itemsize
            self.parts.append((found.start, found.start + (found.end - found.start) // size * size, False))
        elif found.run:
            self.parts.append((found.start, found.end, True))

    @property
    def count(self) -> int:
        size = np.dtype(self.dtype).itemsize
        return sum((end - start) // (UNPACKED.itemsize if unpacked else size) for start, end, unpacked in self.parts)

    def pieces(self, descriptor: int) -> Iterator[Read]:
        for start, end, unpacked in self.parts:
            yield from read_at(descriptor, start, end, UNPACKED if unpacked else np.dtype(self.dtype))


def blobs(source: Source, start: int, end: int, layer: str = "", kind: str = "", index: int = 0) -> Iterator[Blob]:
    """Yield the values of the BlobProto from ``start`` to ``end`` and, where there are any, its gradients.

    Raises:
        TornError: it is damaged.
    """
    dims, shape = dict.fromkeys(DIMS, 0), None
    raw, raw_types, places = dict[Role, Field](), dict[Role, int](), dict[Role, _Places]()
    for found in fields(source.data, start, end):
        if found.number in VALUES:
            role, dtype = VALUES[found.number]
            places.setdefault(role, _Places(dtype)).take(found)
        elif found.number == SHAPE and found.wire is Wire.BYTES:
            shape = tuple(BlobShape.FromString(bytes(source.data[found.start : found.end])).dim)
        elif found.number in dims and found.wire is Wire.VARINT:
            dims[found.number] = found.value
        elif found.number in _RAW_TYPES and found.wire is Wire.VARINT:
            raw_types[_RAW_TYPES[found.number]] = found.value
        elif found.number in _RAW and found.wire is Wire.BYTES:
            raw[_RAW[found.number]] = found
    for role, found in raw.items():
        places.setdefault(role, _Places(_RAW_DTYPES.get(raw_types.get(role, 0), "<u1"))).take(found)
    places.setdefault("data", _Places("<f4"))
    if shape is None:
        shape = tuple(dims.values()) if any(dims.values()) else ()
    for role, place in sorted(places.items()):
        name = np.dtype(place.dtype).name
        yield Blob(layer, kind, index, role, shape, name, place.count, partial(place.pieces, source.descriptor))
