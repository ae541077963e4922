"""Data sets on disk, as Caffe reads them."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import h5py

from autofix.caffe.datasets import write_lmdb
from studies.corpus.datasets import Tables


def store(tables: Tables, folder: Path) -> None:
    """Write ``tables`` as train_lmdb and test_lmdb, or as train.h5 and test.h5 with a list beside each.

    Caffe must be started in a folder in which ``data`` leads to ``folder``. What is half-written is never left.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    (folder.parent / ".gitignore").write_text("*\n")
    work = Path(tempfile.mkdtemp(prefix=".part-", dir=folder.parent))
    work.chmod(0o755)
    for half, arrays in (("train", tables.train), ("test", tables.test)):
        if tables.store == "lmdb":
            write_lmdb(work / f"{half}_lmdb", arrays["data"], arrays["label"])
            continue
        with h5py.File(work / f"{half}.h5", "w") as file:
            for name, rows in arrays.items():
                file[name] = rows
        (work / f"{half}.txt").write_text(f"data/{half}.h5\n")
    try:
        work.rename(folder)
    except OSError:  # another process was faster
        shutil.rmtree(work)
