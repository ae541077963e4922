"""Iterations a second, with and without debug_info."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from autofix.caffe import CPU, Caffe, Device
from autofix.prototxt import Plain
from studies.gpu import machine, trainings

WARM_UP = 10  # iterations that are not counted, if more follow: the first ones set up kernels and libraries
START_UP = 3.0  # seconds that are not counted for how busy the GPU is
MODES: dict[str, dict[str, Plain]] = {
    "quiet": {"debug_info": False, "display": 10},  # a user's training
    "loss": {"debug_info": False, "display": 1},
    "debug": {"debug_info": True, "display": 1},  # a probe
}


@dataclass(frozen=True)
class Setting:
    """What is timed; ``threads`` are OpenBLAS's."""

    net: str
    device: str
    threads: int
    mode: str


def measure(caffe: Caffe, out: Path, settings: Iterable[Setting], seconds: float) -> Iterator[dict[str, Any]]:
    """Time each setting; a record each, and the log below ``out``."""
    for setting in settings:
        yield {**asdict(setting), **_one(caffe, out, setting, seconds)}


def _one(caffe: Caffe, out: Path, setting: Setting, seconds: float) -> dict[str, Any]:
    training, candidate = trainings.example(setting.net)
    where = Device((0,)) if setting.device == "gpu" else CPU
    folder = out / "-".join(["speed", *map(str, asdict(setting).values())])
    threads, solver = setting.threads, MODES[setting.mode]
    with machine.watching() as busy:
        ran = trainings.run(caffe, training, candidate, where, folder, seconds=seconds, threads=threads, **solver)
    rate = ran.rate(WARM_UP) or ran.rate(1)
    share = busy.share(ran.begun + START_UP, ran.begun + ran.seconds - 0.5)
    return {
        "rate": rate and round(rate, 2),
        "milliseconds": rate and round(1000 / rate, 3),
        "iterations": ran.stamps[-1][0] if ran.stamps else 0,
        "seconds": round(ran.seconds, 2),
        "last_loss": ran.losses[-1] if ran.losses else None,
        "how": ran.how,
        **({"busy_percent": share, "memory_mib": busy.peak} if setting.device == "gpu" else {}),
    }
