"""The records of an LMDB or a LevelDB, one after the other, without changing anything there."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import compress
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any, cast

import lmdb

from autofix.errors import AutofixError, InputError

NO_LEVELDB = "to read a LevelDB takes plyvel", "pip install 'caffe-autofix[inspect]'"
_OWN = ("LOCK", "LOG", "LOG.old")  # files that every opened LevelDB makes anew


@dataclass(frozen=True, slots=True)
class Records:
    """An open database.

    Attributes:
        count: of the records; None where they would have to be read to be counted (LevelDB).
        size: bytes on disk.
        every: yields keys and values in the order of the keys, which is the one Caffe reads them in; of ``every(n)``
            one out of each n.
    """

    count: int | None
    size: int
    every: Callable[[int], Iterator[tuple[bytes, bytes]]]


@contextmanager
def lmdb_transaction(
    path: Path, source: str, error_type: type[AutofixError] = InputError
) -> Iterator[lmdb.Transaction]:
    """A transaction on an LMDB opened so that not even its lock file is touched.

    Args:
        path: the folder, or its data.mdb.
        source: how to call it in messages.
        error_type: what to raise where it is cut off or damaged.
    """
    try:
        with lmdb.open(str(path), readonly=True, lock=False, create=False, subdir=path.is_dir()) as environment:
            file = path / "data.mdb" if path.is_dir() else path
            needed = (environment.info()["last_pgno"] + 1) * environment.stat()["psize"]
            if (size := file.stat().st_size) < needed:  # to read past its end would kill the process
                raise error_type(f"{source}: truncated LMDB, {size} bytes of {needed}", "copy or make it again")
            with environment.begin() as transaction:
                yield transaction
    except lmdb.Error as error:
        raise error_type(f"{source}: not a readable LMDB ({error})") from error


@contextmanager
def lmdb_records(path: Path) -> Iterator[Records]:
    """Open an LMDB.

    Raises:
        InputError: it is cut off or damaged.
    """
    with lmdb_transaction(path, str(path)) as transaction:

        def every(step: int) -> Iterator[tuple[bytes, bytes]]:
            cursor = transaction.cursor()
            return cast(Iterator[tuple[bytes, bytes]], iter(cursor)) if step == 1 else _some(cursor, step)

        pages = transaction.stat()
        used = sum(pages[name] for name in ("branch_pages", "leaf_pages", "overflow_pages")) * pages["psize"]
        yield Records(pages["entries"], used, every)


def _some(cursor: lmdb.Cursor, step: int) -> Iterator[tuple[bytes, bytes]]:
    for key in compress(cursor.iternext(keys=True, values=False), _picked(step)):
        yield bytes(key), bytes(cursor.value())


def _picked(step: int) -> Iterator[bool]:
    """Pick one out of each ``step`` records, at random: where classes take turns, each n-th may be of one class."""
    random = Random(step)
    while True:
        at = random.randrange(step)
        yield from (place == at for place in range(step))


@contextmanager
def leveldb_records(path: Path) -> Iterator[Records]:
    """Open a LevelDB: a picture of it, since to open one writes into its folder.

    Its tables, which never change once written, are linked into a folder beside; LevelDB writes only there.

    Raises:
        InputError: plyvel is missing, or the data base is damaged.
    """
    try:
        import plyvel  # noqa: PLC0415 -- optional
    except ImportError as error:
        what, hint = NO_LEVELDB
        raise InputError(f"{path}: {what}", hint) from error
    with TemporaryDirectory(prefix="autofix-leveldb-") as picture:
        files = [file for file in path.iterdir() if file.is_file() and file.name not in _OWN]
        for file in files:
            if file.suffix in (".ldb", ".sst", ".log"):
                Path(picture, file.name).symlink_to(file.absolute())
            else:
                shutil.copyfile(file, Path(picture, file.name))
        try:
            database = plyvel.DB(picture, create_if_missing=False, max_file_size=1 << 30)
        except plyvel.Error as error:
            raise InputError(f"{path}: not a readable LevelDB ({_reason(error, picture)})") from error

        def every(step: int) -> Iterator[tuple[bytes, bytes]]:
            try:
                yield from compress(database.iterator(verify_checksums=True, fill_cache=False), _picked(step))
            except plyvel.Error as error:
                raise InputError(f"{path}: damaged LevelDB ({_reason(error, picture)})") from error

        with database:
            yield Records(None, sum(file.stat().st_size for file in files), every)


def _reason(error: Any, picture: str) -> str:
    return str(error).replace(f"{picture}/", "").removeprefix("b'").removesuffix("'")
