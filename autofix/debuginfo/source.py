"""Reading a log, whatever it turns out to be, whole or while it is written."""

from __future__ import annotations

import codecs
import os
import select
import shlex
import sys
import time
import zlib
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from io import FileIO
from itertools import chain
from pathlib import Path

from autofix.debuginfo.builder import TraceBuilder
from autofix.debuginfo.bulk import BulkReader
from autofix.debuginfo.reader import MAX_LINE, Reader, read_events
from autofix.debuginfo.trace import Trace
from autofix.errors import InputError

_BLOCK = 1 << 22  # bytes; fewer take longer, more do not get faster
_HEAD = 1 << 12  # bytes that must be text; zeros may come later, from a machine that crashed
_GZIP = b"\x1f\x8b"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")  # PowerShell's ``>`` writes it
_QUIET = 1.0  # seconds without a line after a training's end, until it is taken for the log's end
_SHARE = 4  # between two snapshots, so many times as long is read as the caller took for the last one, ...
_MOST_PAUSE = 0.5  # ... but no more seconds


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


def watch_trace(path: str | Path, follow: bool = False, tick: float = 0.2) -> Iterator[Trace]:
    """Yield what a log has told so far, again and again while it is written; at the end, everything.

    Args:
        path: a file, or ``-`` for standard input, which ends by itself.
        follow: wait for what is written to the file next, until the training has ended; without meaning for ``-``.
        tick: seconds from a line's coming to the trace that holds it, at most, if the caller is not slow.

    Raises:
        InputError: as ``read_trace``.
    """
    builder, reader = TraceBuilder(), Reader()
    bulk = BulkReader(builder, reader)
    has_news, pause = False, tick
    looked = heard = time.monotonic()
    wait = _wait_for_file if follow and str(path) != "-" else _wait_for_pipe
    for block in _blocks(path, partial(wait, tick=tick)):
        bulk.feed(block)
        now = time.monotonic()
        heard = now if block else heard
        has_news |= bool(block)
        if has_news and now - looked >= pause:
            bulk.flush()
            yield builder.trace()
            has_news, looked = False, time.monotonic()
            pause = max(tick, min(_SHARE * (looked - now), _MOST_PAUSE))
        if follow and builder.has_ended and now - heard > _QUIET:
            break
    bulk.close()
    _require_caffe(reader, _name(path))
    yield builder.trace()


def build_trace(lines: Iterable[bytes] | Iterable[str], name: str = "the log") -> Trace:
    """Return the trace of a log's lines; InputError if nothing in them comes from Caffe."""
    builder, reader = TraceBuilder(), Reader()
    for event in read_events(lines, reader):
        builder.add(event)
    _require_caffe(reader, name)
    return builder.trace()


def _require_caffe(reader: Reader, name: str) -> None:
    if not reader.is_caffe:
        lines = f"none of its {reader.lines} lines comes" if reader.lines > 1 else "its only line does not come"
        raise InputError(
            f"{name}: {lines} from Caffe" if reader.lines else f"{name}: has no whole line",
            "give what `caffe train` printed: caffe train --solver=solver.prototxt 2>&1 | tee train.log",
        )


def _name(path: str | Path) -> str:
    return "standard input" if str(path) == "-" else str(path)


# --- bytes ---

_Waiter = Callable[[FileIO], Iterator[bytes]]


def _wait_for_end(stream: FileIO) -> Iterator[bytes]:
    """Yield the bytes up to the end that the file has now."""
    while block := stream.read(_BLOCK):
        yield block


def _wait_for_pipe(stream: FileIO, tick: float) -> Iterator[bytes]:
    """Yield the bytes as they come, nothing where none came for ``tick`` seconds, until the writer has closed."""
    while True:
        if not select.select([stream], [], [], tick)[0]:
            yield b""
            continue
        block = more = stream.read(_BLOCK)
        while (
            more and len(block) < _BLOCK and select.select([stream], [], [], 0)[0]
        ):  # a fast writer: small parts are slow
            block += (more := stream.read(_BLOCK))
        if not block:
            return
        yield block


def _wait_for_file(stream: FileIO, tick: float) -> Iterator[bytes]:
    """Yield the bytes as they are written, nothing after ``tick`` seconds without any, for ever."""
    while True:
        block = stream.read(_BLOCK)
        if not block:
            time.sleep(tick)
            if os.fstat(stream.fileno()).st_size < stream.tell():
                stream.seek(0)  # another training writes to a file of the same name
        yield block or b""


@contextmanager
def _opened(path: str | Path) -> Iterator[FileIO]:
    """Open a file or standard input; errors, of reading as well, become InputError."""
    try:
        source = sys.stdin.fileno() if str(path) == "-" else Path(path)
        with open(source, "rb", buffering=0, closefd=isinstance(source, Path)) as stream:
            yield stream
    except FileNotFoundError:
        raise InputError(f"{path}: no such file", "give the path of a Caffe log, or - for standard input") from None
    except IsADirectoryError:
        raise InputError(f"{Path(path)}: is a directory", "give the log file in it") from None
    except (EOFError, zlib.error) as error:
        hint = (
            f"to diagnose what can be unpacked: zcat {shlex.quote(str(path))} | autofix diagnose -"
            if str(path) != "-"
            else ""
        )
        raise InputError(f"{_name(path)}: is a damaged gzip file ({error})", hint) from None
    except OSError as error:
        raise InputError(f"{_name(path)}: cannot be read ({error.strerror or error})") from None


def _blocks(path: str | Path, wait: _Waiter = _wait_for_end) -> Generator[bytes, None, None]:
    """Yield the bytes of a log as UTF-8 (or at least ASCII) text, as they come; nothing where ``wait`` does so."""
    with _opened(path) as stream:
        plain: _Step = _as_it_is
        decode: _Step | None = None
        for block in wait(stream):
            if plain is _as_it_is and decode is None and block.startswith(_GZIP):
                plain = _Gunzip()
            for part in plain(block):
                if part and decode is None:
                    decode = _decoder(part, _name(path))
                yield from decode(part) if decode else (part,)
        if isinstance(plain, _Gunzip):
            plain.close()
        if decode is None:
            raise InputError(f"{_name(path)}: is empty", "did the training print to another file?")


_Step = Callable[[bytes], Iterable[bytes]]


def _as_it_is(block: bytes) -> Iterable[bytes]:
    return (block,)


class _Gunzip:
    """Unpacks gzip as it comes, of several parts if need be, into blocks of bounded size."""

    def __init__(self) -> None:
        self._part = zlib.decompressobj(wbits=31)
        self._is_whole = True

    def __call__(self, block: bytes) -> Iterator[bytes]:
        if not block:
            yield b""
        while block:
            yield self._part.decompress(block, _BLOCK)
            block, self._is_whole = self._part.unconsumed_tail, self._part.eof
            if self._is_whole:
                block, self._part = self._part.unused_data.lstrip(b"\0"), zlib.decompressobj(wbits=31)

    def close(self) -> None:
        """Raise EOFError if the file ends within a part."""
        if not self._is_whole:
            raise EOFError("it ends too early")


def _decoder(head: bytes, name: str) -> _Step:
    """Return what makes UTF-8 of a text that begins with ``head``; InputError if it is no text."""
    if head.startswith(_UTF16):
        decoder = codecs.getincrementaldecoder("utf-16")("replace")
        return lambda block: (decoder.decode(block).encode(),)
    if b"\0" in head[:_HEAD]:
        raise InputError(f"{name}: is not a text file", "give the log of a training, not a snapshot or data")
    return _as_it_is


def _lines(blocks: Iterable[bytes]) -> Iterator[bytes]:
    rest = b""
    for block in blocks:
        *lines, rest = (rest + block).split(b"\n")
        rest = rest[:MAX_LINE]
        yield from (line[:MAX_LINE] + b"\n" for line in lines)
    if rest:
        yield rest
