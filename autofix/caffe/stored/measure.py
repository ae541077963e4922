"""Reading on several threads while the numbers come in order: NumPy and the disk work at the same time."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import TypeVar

import numpy as np

from autofix.caffe.environment import cores
from autofix.caffe.stored.blobs import Read, Snapshot
from autofix.caffe.stored.moments import Moments, Stats
from autofix.caffe.tops import Array

THREADS = min(4, cores())
KEPT = (32 << 20) - (8 << 10)  # bytes
T = TypeVar("T")


def in_order(jobs: Iterable[Callable[[], T]], threads: int = THREADS) -> Iterator[T]:
    """Run ``jobs`` on threads and yield what they return, in their order; only a few are ahead at any time."""
    _keep_memory()
    ahead: deque[Future[T]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        try:
            for job in jobs:
                ahead.append(pool.submit(job))
                if len(ahead) > 2 * threads:
                    yield ahead.popleft().result()
            while ahead:
                yield ahead.popleft().result()
        finally:
            for left in ahead:
                left.cancel()


def _keep_memory() -> None:
    """Let memory that is freed be used again at once, which takes a fifth off the time.

    The C library of Linux gives every large piece back to the system, and each 4 KB of the next one are a page fault.
    It holds on to pieces up to the size of the largest that was ever freed, of 32 MB at most (mallopt(3),
    M_MMAP_THRESHOLD).
    """
    np.empty(KEPT, np.uint8)


def measure(snapshot: Snapshot, advance: Callable[[int], None]) -> tuple[Stats, ...]:
    """Return the numbers of every blob of ``snapshot``, in its order.

    Args:
        advance: is told how many bytes more have been read.
    """
    found = [Moments() for _ in snapshot.blobs]
    jobs = (partial(_gather, index, read) for index, blob in enumerate(snapshot.blobs) for read in blob.pieces())
    for index, size, moments in in_order(jobs):
        found[index].merge(moments)
        advance(size)
    return tuple(moments.stats() for moments in found)


def _gather(index: int, read: Read) -> tuple[int, int, Moments]:
    values: Array = read()
    moments = Moments()
    moments.add(values)
    return index, values.nbytes, moments
