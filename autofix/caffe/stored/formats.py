"""What a file or folder is, told by its first bytes: names lie."""

from __future__ import annotations

from enum import Enum
from pathlib import Path

from autofix.errors import InputError

NAMED = 4  # files in a folder that are named
_HDF5 = b"\x89HDF\r\n\x1a\n"
_PROTOTXT = "it is text; for a prototxt there is autofix lint, for a training's log autofix diagnose"
_SOLVERSTATE = (b"\x12", b"\x1a", b"\x20")  # after the iteration: learned_net, history or current_step


class Form(str, Enum):
    """How it is stored."""

    BINARY = "protobuf"
    HDF5 = "hdf5"
    LMDB = "lmdb"
    LEVELDB = "leveldb"
    LIST = "list of hdf5"


def recognise(path: Path) -> Form:
    """Return how ``path`` is stored.

    Raises:
        InputError: it is not there, cannot be read, is empty or is nothing of Caffe's.
    """
    if path.is_dir():
        return _folder(path)
    try:
        with path.open("rb") as file:
            head = file.read(512)
    except OSError as error:
        raise InputError(f"{path}: {(error.strerror or str(error)).lower()}") from error
    if not head:
        raise InputError(f"{path}: this file is empty", "was the disk full when it was written?")
    if head.startswith(_HDF5):
        return Form.HDF5
    if path.name == "data.mdb":
        return Form.LMDB
    if _is_text(head):
        return _text(path, head)
    return Form.BINARY


def _folder(path: Path) -> Form:
    if (path / "data.mdb").is_file():
        return Form.LMDB
    if (path / "CURRENT").is_file():
        return Form.LEVELDB
    inside = [str(child) for child in sorted(path.iterdir()) if _is_known(child)]
    more = f" and {len(inside) - NAMED} more" if len(inside) > NAMED else ""
    hint = f"it holds {', '.join(inside[:NAMED])}{more}: name what is to be read" if inside else ""
    raise InputError(f"{path}: a folder that is neither an LMDB nor a LevelDB", hint)


def _is_known(path: Path) -> bool:
    """Whether it looks like something to inspect, without opening it."""
    if path.is_dir():
        return (path / "data.mdb").is_file() or (path / "CURRENT").is_file()
    return path.suffix in (".caffemodel", ".solverstate", ".binaryproto", ".h5", ".hdf5")


def _text(path: Path, head: bytes) -> Form:
    first = head.decode(errors="replace").split("\n")[0].strip()
    if first.startswith("version https://git-lfs"):
        raise InputError(f"{path}: a pointer of Git LFS, not the file itself", "git lfs pull brings the file")
    if first[:1] == "<":
        raise InputError(f"{path}: a web page, not a snapshot", "download the file itself")
    if first.rpartition(".")[2] in ("h5", "hdf5", "hdf") and "{" not in first:
        return Form.LIST
    raise InputError(f"{path}: neither a snapshot nor a data set", _PROTOTXT)


def _is_text(head: bytes) -> bool:
    return not any(byte < 9 or 13 < byte < 32 for byte in head)
