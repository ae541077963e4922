"""From how few records or iterations it can be told what is usual: what S417 of lint and D104 of diagnose rest on.

    python -m studies.few

For S417: samples of n records of the corpus's training sets, and how many of them hold a record that the rule takes for
an outlier. For D104: windows of n iterations of the recorded probes, and how many hold such a batch. Both once where
nothing is out of line, which counts false alarms, and once where something is and lies in the sample. The data sets are
made where a case of the corpus is trained; those that are not there are left out.
"""

from __future__ import annotations

import lzma
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TypeAlias

import h5py
import numpy as np
import numpy.typing as npt

from autofix.caffe.datasets import audit
from autofix.debuginfo import BlobKey, Reader, TraceBuilder
from autofix.debuginfo.bulk import BulkReader
from autofix.health import Facts, View
from autofix.health.static.rules.s417_outlying_records import FAR
from autofix.report.diagnosis.outliers import TIMES

Array: TypeAlias = npt.NDArray[np.float64]
HERE = Path(__file__).parent
COUNTS = (3, 4, 5, 7, 10, 20, 50)
SAMPLES = 2_000  # for each data set and number of records
SPOILED = re.compile(r"outlier|rare")
UNUSABLE = re.compile(r"nan-record|inf-record")


def peaks() -> Iterator[tuple[str, Array]]:
    """The largest |x| of each record of the training sets."""
    for folder in sorted((HERE / "data").iterdir()):
        if UNUSABLE.search(folder.name) or not folder.is_dir():
            continue
        if (folder / "train_lmdb").is_dir():
            found = audit(folder / "train_lmdb", "LMDB")
        else:
            with h5py.File(folder / "train.h5") as file:
                names = tuple(file)
            (listing := folder / ".few.txt").write_text(f"{folder}/train.h5\n")
            found = audit(listing, "HDF5Data", tops=names)
            listing.unlink()
        for top in found.tops:
            if top.labels is None and top.name == "data":
                yield folder.name, top.peaks


def inputs() -> Iterator[tuple[str, Array]]:
    """The mean |x| of each input blob of the recorded probes, over their iterations."""
    for log in sorted((HERE / "probes").glob("*.log.xz")):
        if UNUSABLE.search(log.name):
            continue
        builder = TraceBuilder()
        bulk = BulkReader(builder, Reader())
        bulk.feed(lzma.decompress(log.read_bytes()))
        bulk.close()
        view = View(Facts(), builder.trace())
        for entry in view.inputs:
            sizes = view.trace.series(BlobKey(entry.layer, entry.blob, "top", "data"))
            if np.isfinite(sizes).all() and len(sizes):
                yield log.name, sizes.astype(np.float64)


def drawn(values: Array, count: int, random: np.random.Generator) -> Array:
    """Samples of ``count`` values, one a row, each value once at most."""
    return np.array([random.choice(values, count, replace=False) for _ in range(SAMPLES)])


def windows(values: Array, count: int) -> Array:
    """Every run of ``count`` values, one a row."""
    return np.lib.stride_tricks.sliding_window_view(values, count)


def shares(what: str, of: list[tuple[str, Array, Array]], times: float) -> str:
    """One line: in how many of the samples something is told.

    Args:
        of: name, samples, and the whole that they are from.
    """
    alarms = rows = found = there = 0
    for name, sample, whole in of:
        usual = np.median(sample, axis=1)
        told = (sample.max(axis=1) > times * usual) & (usual > 0)
        if SPOILED.search(name):
            spoiled = sample.max(axis=1) > times * np.median(whole)
            there, found = there + int(spoiled.sum()), found + int((told & spoiled).sum())
        else:
            alarms, rows = alarms + int(told.sum()), rows + len(sample)
    return f"| {what} | {alarms:,} of {rows:,} | {found:,} of {there:,} |"


def main() -> None:
    random = np.random.default_rng(1)
    records, probes = list(peaks()), list(inputs())
    print("| | told where nothing is out of line | told where something is |\n| --- | ---: | ---: |")
    for count in COUNTS:
        of = [(name, drawn(values, count, random), values) for name, values in records if len(values) >= count]
        print(shares(f"S417, {count} records", of, FAR), flush=True)
    for count in COUNTS:
        of = [(name, windows(values, count), values) for name, values in probes if len(values) >= count]
        print(shares(f"D104, {count} iterations", of, TIMES), flush=True)


if __name__ == "__main__":
    main()
