"""The trainings in ``cases/``: a folder with prototxts, ``case.json`` and the diff that its candidate makes."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import h5py
import lmdb
import numpy as np
import plyvel

from autofix.caffe.schema import Datum
from autofix.model import Candidate, DataInput, Training, load

FOLDER = Path(__file__).parent / "cases"


@dataclass(frozen=True)
class Case:
    """One training of the folder.

    ``case.json`` holds the candidate, whether stock Caffe can run the net, and the shapes of the data it needs.
    """

    folder: Path

    @cached_property
    def spec(self) -> dict[str, Any]:
        spec: dict[str, Any] = json.loads((self.folder / "case.json").read_text())
        return spec

    @property
    def candidate(self) -> Candidate:
        return Candidate(**self.spec["candidate"])

    @property
    def runs(self) -> bool:
        """Whether stock Caffe can run it."""
        return bool(self.spec["caffe"])

    def load(self) -> Training:
        return load(self.folder / "solver.prototxt", cwd=self.folder)

    def copied_to(self, folder: Path) -> Training:
        """The training in a folder of its own, with small random data and batches, wherever its nets look for some."""
        shutil.copytree(self.folder, folder, dirs_exist_ok=True)
        for path in folder.rglob("*.prototxt"):
            path.write_bytes(re.sub(rb"batch_size: \d\d+", b"batch_size: 4", path.read_bytes()))
        training = load(folder / "solver.prototxt", cwd=folder)
        for net in training.nets:
            for data in net.inputs:
                self._make(data, training.resolve(data.source))
        return training

    def _make(self, data: DataInput, source: Path) -> None:
        if source.exists():
            return
        channels = self.spec.get("channels", 3)
        if data.kind == "Data":
            size = data.crop_size or self.spec.get("size", 28)
            labels = self.spec.get("labels") and not data.features
            _make_database(source, data.backend, (1 if labels else channels, size, size), 3 if labels else 256)
            if data.mean_file and not data.crop_size:
                _make_mean(source.parents[len(Path(data.source).parts) - 1] / data.mean_file, (channels, size, size))
        elif data.kind == "ImageData":
            _make_images(source)
        elif data.kind == "WindowData":
            _make_windows(source)
            _make_mean(source.parent / data.mean_file, (channels, data.crop_size, data.crop_size))
        elif data.kind == "HDF5Data":
            _make_hdf5(source, self.spec["hdf5"][source.name])


CASES = [Case(folder) for folder in sorted(FOLDER.iterdir()) if folder.is_dir()]


def _make_database(path: Path, backend: str, shape: tuple[int, int, int], values: int) -> None:
    random = np.random.default_rng(1)
    path.parent.mkdir(parents=True, exist_ok=True)
    records = []
    for index in range(8):
        image = random.integers(0, values, shape, dtype=np.uint8)
        channels, height, width = shape
        datum = Datum(channels=channels, height=height, width=width, data=image.tobytes(), label=index % 2)
        records.append((b"%08d" % index, datum.SerializeToString()))
    if backend == "LEVELDB":
        with plyvel.DB(str(path), create_if_missing=True) as database:
            for record in records:
                database.put(*record)
    else:
        with lmdb.open(str(path), map_size=2**26) as env, env.begin(write=True) as transaction:
            for record in records:
                transaction.put(*record)


def _make_images(listing: Path) -> None:
    """Images in the PPM format, which needs no library to write."""
    random = np.random.default_rng(1)
    for index in range(4):
        pixels = random.integers(0, 256, (20, 20, 3), dtype=np.uint8).tobytes()
        (listing.parent / f"{index}.ppm").write_bytes(b"P6\n20 20\n255\n" + pixels)
    listing.write_text("".join(f"{index}.ppm {index % 2}\n" for index in range(4)))


def _make_windows(listing: Path) -> None:
    """Images with a window on the foreground and one on the background each (see window_data_layer.cpp)."""
    _make_images(listing)
    blocks = [
        f"# {index}\n{listing.parent / name}\n3\n20\n20\n2\n1 0.9 1 2 15 16\n0 0.1 4 4 18 12\n"
        for index, name in enumerate(line.split()[0] for line in listing.read_text().splitlines())
    ]
    listing.write_text("".join(blocks))


def _make_mean(path: Path, shape: tuple[int, int, int]) -> None:
    """A BlobProto as compute_image_mean writes it: num, channels, height, width, and packed floats."""
    sizes = b"".join(bytes([number << 3]) + _varint(size) for number, size in enumerate((1, *shape), start=1))
    values = np.full(shape, 100, np.float32).tobytes()
    path.write_bytes(sizes + b"\x2a" + _varint(len(values)) + values)


def _varint(value: int) -> bytes:
    low, rest = value & 0x7F, value >> 7
    return bytes([low | 0x80]) + _varint(rest) if rest else bytes([low])


def _make_hdf5(listing: Path, shapes: dict[str, list[int]]) -> None:
    random = np.random.default_rng(1)
    with h5py.File(listing.with_suffix(".h5"), "w") as file:
        for name, shape in shapes.items():
            counts = name in ("label", "word", "cont")
            values = random.integers(0, 2, (8, *shape)) if counts else random.normal(0, 50, (8, *shape))
            file[name] = values.astype(np.float32)
    listing.write_text(f"{listing.with_suffix('.h5').name}\n")
