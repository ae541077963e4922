"""Prototxt files: read without changing a byte, written without ever leaving half a file."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path

from autofix.errors import InputError
from autofix.prototxt.nodes import Document
from autofix.prototxt.parser import parse
from autofix.prototxt.source import shown

LARGEST = 4 * 2**20  # bytes; a net of 10,000 lines has about a quarter of a megabyte
_HDF5 = b"\x89HDF\r\n\x1a\n"


def read(path: Path) -> Document:
    """Read and parse a prototxt. Bytes that are not UTF-8 and a byte order mark are kept.

    Raises:
        InputError: there is no such file, it is a folder, not readable, binary or far too large.
        PrototxtError: it is not in the text format.
    """
    name = shown(path)
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)  # of a device or a pipe no size is known beforehand
            size = path.stat().st_size
    except FileNotFoundError:
        raise InputError(f"{name}: no such file") from None
    except IsADirectoryError:
        raise InputError(f"{name}: a folder, not a prototxt") from None
    except OSError as error:
        raise InputError(f"{name}: cannot be read ({error.strerror})") from None
    if b"\0" in data or data.startswith(_HDF5):
        raise InputError(f"{name}: {_kind(path, data)}, not a prototxt", "Give the text file that describes it.")
    if len(data) > LARGEST:
        raise InputError(f"{name}: too large for a prototxt" + (f" ({size >> 20} MB)" if size else ""))
    return parse(data.decode("utf-8", "surrogateescape"), path)


def _kind(path: Path, data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "a text in UTF-16 (save it as UTF-8)"
    if path.suffix == ".caffemodel":
        return "trained weights (a binary .caffemodel)"
    if path.suffix == ".solverstate":
        return "a solver's state (a binary .solverstate)"
    return "an HDF5 file" if data.startswith(_HDF5) else "a binary file"


def write(document: Document, path: Path) -> None:
    """Write ``document`` to ``path``, by way of a temporary file beside it that is moved into place.

    Raises:
        InputError: the file cannot be written; what was there before is untouched.
    """
    target = path.resolve()
    try:
        mode = stat.S_IMODE(target.stat().st_mode) if target.exists() else 0o666 & ~_umask()
        handle, temporary = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(document.text.encode("utf-8", "surrogateescape"))
            Path(temporary).chmod(mode)
            Path(temporary).replace(target)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise InputError(f"{shown(path)}: cannot be written ({error.strerror})") from None


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
