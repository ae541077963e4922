"""Opening a log, whatever it turns out to be."""

from __future__ import annotations

import gzip
import io
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from autofix.debuginfo.builder import TraceBuilder
from autofix.debuginfo.events import Fatal
from autofix.debuginfo.reader import MAX_LINE, Reader, read_events
from autofix.debuginfo.trace import Trace
from autofix.errors import InputError

_GZIP = b"\x1f\x8b"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")  # PowerShell's ``>`` writes it
_BLOCK = 1 << 16  # bytes


@contextmanager
def open_log(path: str | Path) -> Iterator[Iterator[bytes]]:
    """Open a log, plain or gzip, for reading line by line; ``-`` is standard input.

    The lines keep their ends. A line over 64 KiB is cut, so that memory stays small whatever the file holds.

    Raises:
        InputError: no such file, a directory, not readable, empty, or not text. An error that shows only
            later in the file (a damaged gzip) is raised while reading.
    """
    name = "standard input" if str(path) == "-" else str(path)
    try:
        with _open(path) as raw:
            yield _lines(_decoded(io.BufferedReader(cast(io.RawIOBase, raw), _BLOCK), name))
    except FileNotFoundError:
        raise InputError(f"{name}: no such file", "give the path of a Caffe log, or - for standard input") from None
    except IsADirectoryError:
        raise InputError(f"{name}: is a directory", "give the log file in it") from None
    except (OSError, EOFError) as error:
        raise InputError(f"{name}: cannot be read ({error})") from None


def read_trace(path: str | Path) -> Trace:
    """Read a whole log.

    Raises:
        InputError: as ``open_log``, and where nothing in the file comes from Caffe.
    """
    with open_log(path) as lines:
        return build_trace(lines, str(path))


def build_trace(lines: Iterable[bytes] | Iterable[str], name: str = "the log") -> Trace:
    """Return the trace of a log's lines; InputError if nothing in them comes from Caffe."""
    builder, reader = TraceBuilder(), Reader()
    is_caffe = False
    for event in read_events(lines, reader):
        builder.add(event)
        is_caffe = is_caffe or not isinstance(event, Fatal) or bool(event.file)
    if not is_caffe:
        raise InputError(
            f"{name}: no line of it comes from Caffe ({reader.lines} read)",
            "give what `caffe train` printed: caffe train --solver=solver.prototxt 2>&1 | tee train.log",
        )
    return builder.trace()


def _open(path: str | Path) -> BinaryIO:
    if str(path) == "-":
        return open(sys.stdin.fileno(), "rb", buffering=0, closefd=False)
    return Path(path).open("rb", buffering=0)


def _decoded(stream: io.BufferedReader, name: str) -> io.BufferedIOBase:
    """Return the stream of UTF-8 (or at least ASCII) text inside ``stream``."""
    head = stream.peek(_BLOCK)
    if not head:
        raise InputError(f"{name}: is empty", "did the training print to another file?")
    if head.startswith(_GZIP):
        return _decoded(io.BufferedReader(cast(io.RawIOBase, gzip.GzipFile(fileobj=stream)), _BLOCK), name)
    if head.startswith(_UTF16):
        return io.BytesIO(stream.read().decode("utf-16", "replace").encode())
    if b"\0" in head:
        raise InputError(f"{name}: is not a text file", "give the log of a training, not a snapshot or a data set")
    return stream


def _lines(stream: io.BufferedIOBase) -> Iterator[bytes]:
    while line := stream.readline(MAX_LINE):
        yield line
        while not line.endswith(b"\n") and len(line) == MAX_LINE and (line := stream.readline(MAX_LINE)):
            pass
