"""How fast `autofix inspect` reads snapshots and data sets, beside `cat` of the same file in the same run.

    python -m studies.bench_inspect [--size 1000] [--repeat 3] [--folder DIR]

Makes one file of each kind of about so many MB, and reads each in turn by both: from the disk (the file is put out of
memory before) and from memory. The best of the repeats counts. The table has seconds of the clock and of CPU; column
MB/s is the file by the CPU time of `inspect`, without what it takes to start Python and its libraries, on one core; the
last one is the memory at its peak.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import h5py
import lmdb
import numpy as np

from autofix.caffe.schema import BlobProto, BlobShape, Datum

MEGABYTE = 1_000_000
LAYER = 100  # MB of weights in one layer, as in fc6 of AlexNet and VGG
RNG = np.random.default_rng(0)


@dataclass(frozen=True, slots=True)
class Cost:
    """What one command took: seconds of the clock and of CPU, and memory at its peak in bytes."""

    wall: float
    cpu: float
    memory: int


def caffemodel(path: Path, size: int) -> None:
    """Layers of random weights, each with what Caffe writes around them."""
    weights = BlobProto(shape=BlobShape(dim=[5000, LAYER * MEGABYTE // 20_000]))
    weights.data.extend(RNG.normal(0, 0.01, LAYER * MEGABYTE // 4).astype(np.float32))
    blob = weights.SerializeToString()
    with path.open("wb") as file:
        for index in range(max(size // LAYER, 1)):
            name = f"fc{index}".encode()
            body = _field(1, name) + _field(2, b"InnerProduct") + _field(7, blob)
            file.write(_field(100, body))


def _field(number: int, payload: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(payload)) + payload


def _varint(value: int) -> bytes:
    parts = bytearray()
    while value >= 0x80:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*parts, value])


def hdf5_data(path: Path, size: int) -> None:
    """Rows of floats in one HDF5 file."""
    rows = size * MEGABYTE // (4 * 3 * 64 * 64)
    with h5py.File(path, "w") as file:
        data = file.create_dataset("data", (rows, 3, 64, 64), np.float32)
        for start in range(0, rows, 1000):
            data[start : start + 1000] = RNG.normal(size=(min(1000, rows - start), 3, 64, 64)).astype(np.float32)
        file["label"] = (np.arange(rows) % 10).astype(np.float32)


def images(path: Path, size: int, side: int, channels: int) -> None:
    """Images of random bytes in an LMDB; the same thousand again and again, under keys of their own."""
    pixels = RNG.integers(0, 256, (1000, channels * side * side), dtype=np.uint8)
    shape = {"channels": channels, "height": side, "width": side}
    records = [Datum(**shape, data=row.tobytes(), label=i % 10).SerializeToString() for i, row in enumerate(pixels)]
    count = size * MEGABYTE // (side * side * channels)
    path.mkdir()
    with (
        lmdb.open(str(path), map_size=2 * size * MEGABYTE) as environment,
        environment.begin(write=True) as transaction,
    ):
        transaction.cursor().putmulti(((b"%08d" % i, records[i % 1000]) for i in range(count)), append=True)


KINDS: dict[str, tuple[str, Callable[[Path, int], None]]] = {
    ".caffemodel": ("weights.caffemodel", caffemodel),
    "HDF5 data, float32": ("data.h5", hdf5_data),
    "LMDB, bytes, 3 x 256 x 256": ("large_lmdb", partial(images, side=256, channels=3)),
    "LMDB, bytes, 1 x 28 x 28": ("small_lmdb", partial(images, side=28, channels=1)),
}


def measure(command: list[str], path: Path, from_disk: bool) -> Cost:
    """Run ``command`` on ``path`` and return what it took."""
    if from_disk:
        with path.open("rb") as file:
            os.fsync(file.fileno())
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    begin = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    wall = time.perf_counter() - begin
    if os.waitstatus_to_exitcode(status) not in (0, 1):
        raise SystemExit(f"{command[0]} failed")
    return Cost(wall, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024)


def rows(size: int, repeat: int, folder: Path, start: Cost) -> Iterator[str]:
    """Yield the lines of the table."""
    ours = [sys.executable, "-m", "autofix", "inspect", "--quiet"]
    maker = ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"))
    for kind, (name, make) in KINDS.items():
        place = folder / name
        # In a process of its own: Linux counts the memory of the parent as that of a child it starts.
        maker.submit(make, place, size).result()
        file = place / "data.mdb" if place.is_dir() else place
        megabytes = file.stat().st_size / MEGABYTE
        runs: dict[tuple[str, bool], list[Cost]] = {}
        for _ in range(repeat):
            for from_disk in (True, False):
                for who, command in (("cat", ["cat", str(file)]), ("inspect", [*ours, str(place)])):
                    runs.setdefault((who, from_disk), []).append(measure(command, file, from_disk))
        walls = [min(run.wall for run in runs[who, disk]) for disk in (True, False) for who in ("cat", "inspect")]
        cpus = [min(run.cpu for run in runs[who, False]) for who in ("cat", "inspect")]
        memory = min(run.memory for run in runs["inspect", False]) / MEGABYTE
        speed = megabytes / max(cpus[1] - start.cpu, 0.01)
        yield (
            f"| {kind} | {megabytes:,.0f} | {' | '.join(f'{wall:.2f}' for wall in walls)} | {cpus[0]:.2f} "
            f"| {cpus[1]:.2f} | {speed:,.0f} | {memory:.0f} |"
        )
        file.unlink()
    maker.shutdown()


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=1000, help="MB of each file")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="where to make the files, which are removed [default: temporary]")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        small = Path(folder, "small.caffemodel")
        small.write_bytes(_field(100, _field(1, b"fc")))
        command = [sys.executable, "-m", "autofix", "inspect", "--quiet", str(small)]
        start = min((measure(command, small, from_disk=False) for _ in range(3)), key=lambda cost: cost.cpu)
        print(f"{os.cpu_count()} cores; to start takes {start.wall:.2f} s, {start.cpu:.2f} s of CPU.\n")
        print(
            "| | MB | cat, disk | inspect, disk | cat, memory | inspect, memory | cat, CPU | inspect, CPU | MB/s | MB |"
        )
        print(f"| --- {'| ---: ' * 9}|")
        for row in rows(options.size, options.repeat, Path(folder), start):
            print(row, flush=True)


if __name__ == "__main__":
    main()
