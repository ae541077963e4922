"""Iterations a second, with and without debug_info."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from autofix.caffe import CPU, Caffe, Device
from autofix.prototxt import Plain
from studies.gpu import machine, trainings

WARM_UP = 10  # iterations that are not counted: the first ones set up kernels and libraries
START_UP = 3.0  # seconds that are not counted for how busy the GPU is
MODES: dict[str, dict[str, Plain]] = {
    "quiet": {"debug_info": False, "display": 10},  # a user's training
    "loss": {"debug_info": False, "display": 1},
    "debug": {"debug_info": True, "display": 1},  # a probe
}


def measure(
    caffe: Caffe, out: Path, nets: Sequence[str], devices: Sequence[str], modes: Sequence[str], seconds: float
) -> Iterator[dict[str, Any]]:
    """Time each net on each device in each mode; a record each, and the log below ``out``."""
    for net in nets:
        for device in devices:
            for mode in modes:
                yield {"net": net, "device": device, "mode": mode, **_one(caffe, out, net, device, mode, seconds)}


def _one(caffe: Caffe, out: Path, net: str, device: str, mode: str, seconds: float) -> dict[str, Any]:
    training, candidate = trainings.example(net)
    threads = os.cpu_count() or 1
    where = Device((0,)) if device == "gpu" else CPU
    folder = out / f"speed-{net}-{device}-{mode}"
    with machine.watching() as busy:
        ran = trainings.run(caffe, training, candidate, where, folder, seconds=seconds, threads=threads, **MODES[mode])
    rate = ran.rate(WARM_UP)
    share = busy.share(ran.begun + START_UP, ran.begun + ran.seconds - 0.5)
    return {
        "threads": threads,
        "rate": rate and round(rate, 2),
        "milliseconds": rate and round(1000 / rate, 3),
        "iterations": ran.stamps[-1][0] if ran.stamps else 0,
        "seconds": round(ran.seconds, 2),
        "last_loss": ran.losses[-1] if ran.losses else None,
        "how": ran.how,
        **({"busy_percent": share, "memory_mib": busy.peak} if device == "gpu" else {}),
    }
