"""The GPU of this machine as NVIDIA's driver tells it; everything is empty where there is none."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from autofix.caffe.gpus import driver

EVERY = 0.05  # seconds between two looks at the GPU


@dataclass
class Busy:
    """What the driver said of GPU 0 while something ran.

    Args:
        shares: percent of the driver's last sample period (1 s down to 1/6 s, it says) in which a kernel ran.
        memory: bytes in use on the card.
    """

    shares: list[tuple[float, int]] = field(default_factory=list)
    memory: list[int] = field(default_factory=list)

    def share(self, since: float = 0.0, until: float = float("inf")) -> float | None:
        """Mean busy share in percent between two moments of ``time.time()``."""
        found = [share for when, share in self.shares if since <= when <= until]
        return round(sum(found) / len(found), 1) if found else None

    @property
    def peak(self) -> int | None:
        """The most memory that was in use, in MiB."""
        return max(self.memory) >> 20 if self.memory else None


@contextmanager
def watching() -> Iterator[Busy]:
    """Look at GPU 0 from a thread until the block ends."""
    busy, over = Busy(), threading.Event()
    with driver() as nvml:
        thread = threading.Thread(target=_look, args=(nvml, busy, over), daemon=True)
        thread.start()
        try:
            yield busy
        finally:
            over.set()
            thread.join()


def describe() -> dict[str, str]:
    """Card and driver."""
    with driver() as nvml:
        if nvml is None:
            return {}
        card = nvml.nvmlDeviceGetHandleByIndex(0)
        return {"gpu": str(nvml.nvmlDeviceGetName(card)), "driver": str(nvml.nvmlSystemGetDriverVersion())}


def _look(nvml: Any, busy: Busy, over: threading.Event) -> None:
    if nvml is None:
        return
    card = nvml.nvmlDeviceGetHandleByIndex(0)
    while not over.wait(EVERY):
        with suppress(nvml.NVMLError):
            busy.shares.append((time.time(), int(nvml.nvmlDeviceGetUtilizationRates(card).gpu)))
            busy.memory.append(int(nvml.nvmlDeviceGetMemoryInfo(card).used))
