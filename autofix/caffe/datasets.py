"""What a training reads (LMDBs, HDF5 files, image lists), looked at without Caffe and without changing it."""

from __future__ import annotations

import io
import math
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import h5py
import lmdb
import numpy as np
from google.protobuf.message import DecodeError

from autofix.caffe.schema import Datum
from autofix.caffe.stored.records import lmdb_transaction
from autofix.caffe.tops import Array, Labels, TopAudit, describe
from autofix.errors import CaffeError

__all__ = ["DataAudit", "DataError", "Labels", "TopAudit", "audit", "write_lmdb"]

LIMIT = 10_000  # records looked at, at most
VALUES = 10_000_000  # and no more of them than have this many values together: an audit takes about a second
FEWEST = 100  # but these at least
FIRST_MISSING = 5  # missing images that are named

_NO_PILLOW = "encoded images were not decoded: Pillow is not installed"


class DataError(CaffeError):
    """A data set that is missing, empty or unreadable: Caffe cannot train on it (exit code 3)."""


@dataclass(frozen=True, slots=True)
class DataAudit:
    """A data set: how many records it holds and, over an evenly spread sample, what they are like.

    Attributes:
        source: as the net names it.
        kind: LMDB, LEVELDB, HDF5Data or ImageData.
        records: in the whole set; None where they cannot be counted (LEVELDB).
        tops: those that could be read, in the layer's order.
        missing: the first few listed images that are not there.
        notes: plain sentences on what is missing or was not looked at.
    """

    source: str
    kind: str
    records: int | None
    tops: tuple[TopAudit, ...] = ()
    missing: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def top(self, name: str) -> TopAudit | None:
        return next((top for top in self.tops if top.name == name), None)


def audit(
    source: str | Path,
    kind: str,
    *,
    tops: Sequence[str] = ("data", "label"),
    cwd: Path | None = None,
    root_folder: str = "",
    limit: int = LIMIT,
) -> DataAudit:
    """Look at the data set of a data layer.

    Args:
        source: the layer's source: an LMDB folder, or a text file that lists HDF5 files or images.
        kind: the backend of a Data layer (LMDB, LEVELDB), or the type of another (HDF5Data, ImageData).
        tops: the layer's tops; for HDF5 they name the data sets.
        cwd: the folder Caffe runs in, which relative paths start from; default: the current one.
        root_folder: what ImageData puts before each listed name.
        limit: records to look at, at most.

    Raises:
        DataError: the source is missing, is not of this kind, is empty, or holds an unreadable record.
        ValueError: there is no such kind.
    """
    if kind not in _AUDITORS:
        raise ValueError(f"kind is one of {', '.join(_AUDITORS)}, not {kind!r}")
    asked = _Asked(str(source), cwd or Path(), tuple(tops), root_folder, limit)
    if not asked.path.exists():
        raise DataError(
            f"{source}: no such {kind} source (looked in {asked.cwd.resolve()})",
            "make the data set or mend the path; Caffe takes it relative to the folder it is started in",
        )
    return _AUDITORS[kind](asked)


def write_lmdb(folder: Path, images: Array, labels: Iterable[int]) -> None:
    """Write an LMDB for Caffe's Data layer, its records in the order given.

    Args:
        folder: where; an LMDB that is already there is replaced.
        images: [N, channels, height, width]; uint8 is stored as bytes, anything else as float32.
        labels: N class labels.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "data.mdb").unlink(missing_ok=True)
    room = images.size * 8 + (64 << 20)  # bytes of address space; the file takes only what is written
    with lmdb.open(str(folder), map_size=room) as environment, environment.begin(write=True) as transaction:
        for index, (image, label) in enumerate(zip(images, labels, strict=True)):
            channels, height, width = image.shape
            datum = Datum(channels=channels, height=height, width=width, label=int(label))
            if image.dtype == np.uint8:
                datum.data = image.tobytes()
            else:
                datum.float_data.extend(image.ravel().tolist())
            transaction.put(f"{index:08d}".encode(), datum.SerializeToString())


@dataclass(frozen=True, slots=True)
class _Asked:
    """The arguments of one call of ``audit``."""

    source: str
    cwd: Path
    tops: tuple[str, ...]
    root_folder: str
    limit: int

    @property
    def path(self) -> Path:
        return self.cwd / self.source

    def stride(self, records: int, values: int) -> int:
        """Look at every how many-th record, when each has this many values."""
        wanted = min(self.limit, max(FEWEST, VALUES // max(values, 1)))
        return math.ceil(records / wanted)


def _describe_all(names: Iterable[str], samples: Iterable[Sequence[Array] | Array]) -> tuple[TopAudit, ...]:
    """One audit for each top that has a sample; a layer may leave out its last tops."""
    pairs = zip(names, samples, strict=False)
    return tuple(describe(name, sample) for name, sample in pairs if len(sample))


def _pixels(encoded: bytes, what: str) -> Array | None:
    """An encoded image as Caffe has it: [channels, height, width], blue first; None without Pillow."""
    try:
        from PIL import Image  # noqa: PLC0415 -- optional
    except ImportError:
        return None
    try:
        with Image.open(io.BytesIO(encoded)) as image:
            grey = image.mode in ("L", "1")
            pixels = np.asarray(image.convert("L" if grey else "RGB"))
    except (OSError, ValueError) as error:
        raise DataError(f"{what}: not a readable image ({error})") from error
    return pixels[np.newaxis] if grey else pixels[:, :, ::-1].transpose(2, 0, 1)


# --- LMDB ---


def _audit_lmdb(asked: _Asked) -> DataAudit:
    with lmdb_transaction(asked.path, asked.source, DataError) as transaction:
        records = int(transaction.stat()["entries"])
        cursor = transaction.cursor()
        if not cursor.first():
            raise DataError(f"{asked.source}: this LMDB is empty")
        first, _ = _datum(asked, transaction, bytes(cursor.key()))
        step = asked.stride(records, 1 if first is None else first.size)
        keys = islice(cursor.iternext(keys=True, values=False), 0, None, step)
        sample = [_datum(asked, transaction, bytes(key)) for key in keys]
    data = [values for values, _ in sample if values is not None]
    labels = np.array([label for _, label in sample], np.int32)
    tops = _describe_all(asked.tops, (data, labels))
    return DataAudit(asked.source, "LMDB", records, tops, notes=() if data else (_NO_PILLOW,))


def _datum(asked: _Asked, transaction: lmdb.Transaction, key: bytes) -> tuple[Array | None, int]:
    """The values [channels, height, width] and the label of one record; None for values not decoded."""
    what = f"{asked.source}, record {key.decode(errors='replace')}"
    try:
        datum = Datum.FromString(bytes(transaction.get(key) or b""))
    except DecodeError as error:
        raise DataError(f"{what}: not a Datum, which is what Caffe's Data layer reads") from error
    if datum.encoded:
        return _pixels(datum.data, what), datum.label
    values = np.frombuffer(datum.data, np.uint8) if datum.data else np.array(datum.float_data, np.float32)
    shape = (datum.channels, datum.height, datum.width)
    if values.size == 0 or values.size != math.prod(shape):
        raise DataError(f"{what}: {values.size} values where channels x height x width is {shape}")
    return values.reshape(shape), datum.label


# --- lists of files ---


def _audit_hdf5(asked: _Asked) -> DataAudit:
    names = _listed(asked).split()
    records, tops = 0, []
    for top in asked.tops:
        columns = [_column(asked, name, top, len(names)) for name in names]
        records = sum(length for length, _ in columns)
        if not records:
            raise DataError(f"{asked.source}: the data sets {top!r} it leads to are empty")
        tops.append(describe(top, [row for _, rows in columns for row in rows]))
    return DataAudit(asked.source, "HDF5Data", records, tuple(tops))


def _column(asked: _Asked, name: str, top: str, files: int) -> tuple[int, Array]:
    """The length of one data set of one file, and an evenly spread part of its rows."""
    path = asked.cwd / name
    if not path.exists():
        raise DataError(f"{name}: no such file (looked in {asked.cwd.resolve()})", _listed_in(asked))
    try:
        with h5py.File(path, "r", locking=False) as file:
            column = file.get(top)
            if not isinstance(column, h5py.Dataset) or not column.ndim:
                held = ", ".join(file) or "nothing"
                raise DataError(f"{name}: no data set for the layer's top {top!r}; it holds {held}")
            # As if all files were as long as this one: most sets are cut into equal parts.
            step = asked.stride(len(column) * files, math.prod(column.shape[1:]))
            return len(column), column[:: max(step, 1)]
    except OSError as error:
        raise DataError(f"{name}: not a readable HDF5 file ({error})", _listed_in(asked)) from error


def _listed_in(asked: _Asked) -> str:
    return f"{asked.source} lists it"


def _audit_images(asked: _Asked) -> DataAudit:
    lines = _listed(asked).splitlines()
    names, _, labels = zip(*(line.rpartition(" ") for line in lines), strict=True)
    whole = [re.match(r"[+-]?\d+", label) for label in labels]
    paths = [asked.cwd / (asked.root_folder + name) for name in names[:: asked.stride(len(lines), 1)]]
    present = [path for path in paths if path.is_file()]
    missing = [str(path) for path in paths if not path.is_file()]
    data = _decoded(asked, present)
    columns = (data, np.array([int(match.group()) if match else 0 for match in whole]))
    cut = sum(match is None or match.group() != label for match, label in zip(whole, labels, strict=True))
    notes = (
        f"{cut} lines do not end in a whole number: Caffe drops its decimals, or reads 0" if cut else "",
        f"{len(missing)} of {len(paths)} images looked for are missing" if missing else "",
        _NO_PILLOW if present and not data else "",
    )
    return DataAudit(
        source=asked.source,
        kind="ImageData",
        records=len(lines),
        tops=_describe_all(asked.tops, columns),
        missing=tuple(missing[:FIRST_MISSING]),
        notes=tuple(filter(None, notes)),
    )


def _decoded(asked: _Asked, paths: Sequence[Path]) -> list[Array]:
    first = _pixels(paths[0].read_bytes(), str(paths[0])) if paths else None
    if first is None:
        return []
    chosen = paths[:: asked.stride(len(paths), first.size)]
    return [pixels for path in chosen if (pixels := _pixels(path.read_bytes(), str(path))) is not None]


def _listed(asked: _Asked) -> str:
    """The text of a file that lists files; never blank."""
    try:
        text = asked.path.read_text(errors="surrogateescape")
    except OSError as error:
        raise DataError(f"{asked.source}: not a readable list of files ({error.strerror})") from error
    if not text.strip():
        raise DataError(f"{asked.source}: this list of files is empty")
    return text


def _audit_leveldb(asked: _Asked) -> DataAudit:
    return DataAudit(asked.source, "LEVELDB", None, notes=("LEVELDB data sets were not looked into",))


_AUDITORS: dict[str, Callable[[_Asked], DataAudit]] = {
    "LMDB": _audit_lmdb,
    "LEVELDB": _audit_leveldb,
    "HDF5Data": _audit_hdf5,
    "ImageData": _audit_images,
}
