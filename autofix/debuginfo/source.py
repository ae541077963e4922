"""Reading a log, whatever it turns out to be."""

from __future__ import annotations

import codecs
import gzip
import sys
import time
import zlib
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing, contextmanager
from io import BufferedReader
from itertools import chain
from pathlib import Path

from autofix.debuginfo.builder import TraceBuilder
from autofix.debuginfo.bulk import BulkReader
from autofix.debuginfo.reader import MAX_LINE, Reader, read_events
from autofix.debuginfo.trace import Trace
from autofix.errors import InputError

_BLOCK = 1 << 20  # bytes
_GZIP = b"\x1f\x8b"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")  # PowerShell's ``>`` writes it


@contextmanager
def open_log(path: str | Path) -> Iterator[Iterator[bytes]]:
    """Open a log, plain or gzip, for reading line by line; ``-`` is standard input.

    The lines keep their ends and come as soon as they are there. One over 64 KiB is cut, so that memory stays
    small whatever the file holds.

    Raises:
        InputError: no such file, a directory, not readable, empty, or not text. An error that shows only later
            in the file (a damaged gzip) is raised while reading.
    """
    with closing(_blocks(path)) as blocks:
        yield _lines(chain([next(blocks)], blocks))


def follow_log(path: str | Path, poll: float = 0.2, stopped: Callable[[], bool] = lambda: False) -> Iterator[bytes]:
    """Yield the lines of a file, then those that are written to it, until ``stopped``.

    Args:
        poll: seconds between two looks at the file.

    Raises:
        InputError: no such file, a directory, or not readable.
    """
    rest = b""
    with _opened(path) as stream:
        while not stopped():
            block = stream.read1(_BLOCK)
            if not block:
                time.sleep(poll)
                continue
            *lines, rest = (rest + block).split(b"\n")
            rest = rest[:MAX_LINE]
            yield from (line[:MAX_LINE] + b"\n" for line in lines)


def read_trace(path: str | Path) -> Trace:
    """Read a whole log.

    Raises:
        InputError: as ``open_log``, and where nothing in the file comes from Caffe.
    """
    builder, reader = TraceBuilder(), Reader()
    bulk = BulkReader(builder, reader)
    for block in _blocks(path):
        bulk.feed(block)
    bulk.close()
    _require_caffe(reader, _name(path))
    return builder.trace()


def build_trace(lines: Iterable[bytes] | Iterable[str], name: str = "the log") -> Trace:
    """Return the trace of a log's lines; InputError if nothing in them comes from Caffe."""
    builder, reader = TraceBuilder(), Reader()
    for event in read_events(lines, reader):
        builder.add(event)
    _require_caffe(reader, name)
    return builder.trace()


def _require_caffe(reader: Reader, name: str) -> None:
    if not reader.is_caffe:
        raise InputError(
            f"{name}: none of its {reader.lines} lines comes from Caffe",
            "give what `caffe train` printed: caffe train --solver=solver.prototxt 2>&1 | tee train.log",
        )


def _name(path: str | Path) -> str:
    return "standard input" if str(path) == "-" else str(path)


@contextmanager
def _opened(path: str | Path) -> Iterator[BufferedReader]:
    """Open a file or standard input; errors, of reading as well, become InputError."""
    try:
        source = sys.stdin.fileno() if str(path) == "-" else Path(path)
        with open(source, "rb", closefd=isinstance(source, Path)) as stream:
            yield stream
    except FileNotFoundError:
        raise InputError(f"{path}: no such file", "give the path of a Caffe log, or - for standard input") from None
    except IsADirectoryError:
        raise InputError(f"{path}: is a directory", "give the log file in it") from None
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"{_name(path)}: cannot be read ({error})") from None


def _blocks(path: str | Path) -> Generator[bytes, None, None]:
    """Yield the bytes of a log as UTF-8 (or at least ASCII) text, as they come."""
    with _opened(path) as raw:
        stream = gzip.GzipFile(fileobj=raw) if raw.peek(2).startswith(_GZIP) else raw
        head = stream.read1(_BLOCK)
        if not head:
            raise InputError(f"{_name(path)}: is empty", "did the training print to another file?")
        decode = _decoder(head)
        if decode is None and b"\0" in head:
            raise InputError(f"{_name(path)}: is not a text file", "give the log of a training, not a snapshot or data")
        for block in chain([head], iter(lambda: stream.read1(_BLOCK), b"")):
            yield decode(block).encode() if decode else block


def _decoder(head: bytes) -> Callable[[bytes], str] | None:
    return codecs.getincrementaldecoder("utf-16")("replace").decode if head.startswith(_UTF16) else None


def _lines(blocks: Iterable[bytes]) -> Iterator[bytes]:
    rest = b""
    for block in blocks:
        *lines, rest = (rest + block).split(b"\n")
        rest = rest[:MAX_LINE]
        yield from (line[:MAX_LINE] + b"\n" for line in lines)
    if rest:
        yield rest
