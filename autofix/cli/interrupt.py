"""Being stopped: by Ctrl-C, by a request to end, or by a terminal that is closed."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def like_ctrl_c() -> None:
    """Let every signal that means "stop" do what Ctrl-C does; those that are ignored, as under nohup, stay so."""
    for number in _heard():
        signal.signal(number, _raise)


@contextmanager
def interruptible() -> Iterator[threading.Event]:
    """Hand out an event that the first signal to stop sets; only a second one raises KeyboardInterrupt.

    A search is stopped between two steps this way. An exception can strike anywhere: in the middle of a write, or in
    a callback of Python's own, which swallows it.
    """
    cancel = threading.Event()

    def stop(number: int, frame: FrameType | None) -> None:
        if cancel.is_set():
            _raise(number, frame)
        cancel.set()

    before = {number: signal.signal(number, stop) for number in _heard()}
    try:
        yield cancel
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _heard() -> list[signal.Signals]:
    return [number for number in STOPS if signal.getsignal(number) is not signal.SIG_IGN]


def _raise(_number: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt
