"""Output that nobody reads any more, as after ``autofix ... | head -1``."""

from __future__ import annotations

import os
import select
import sys
from contextlib import suppress


def unread(error: BaseException) -> bool:
    """Whether ``error`` came of a pipe whose reader is gone.

    What is still to be written there is dropped, so that Python ends quietly. click and rich turn such an error into
    SystemExit, and rich puts the null device in the pipe's place by itself.
    """
    watch = select.poll()
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, OSError, ValueError):  # closed from the start, or no file at all
            watch.register(stream.fileno(), 0)  # that a pipe has no reader is told without being asked for
    closed = [file for file, event in watch.poll(0) if event & select.POLLERR]
    for file in closed:
        drop(file)
    return bool(closed) or isinstance(error.__context__, BrokenPipeError)


def drop(file: int) -> None:
    """Let what is still to be written to an open file go nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), file)
