"""What a training that goes NaN looks like in the log, on the CPU and on the GPU."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from autofix.caffe import CPU, Caffe, Device
from autofix.debuginfo import first_bad, read_trace
from autofix.model import Candidate
from studies.gpu import trainings

ITERATIONS = 40
TRAININGS = {
    "lenet-as-written": ("lenet", Candidate()),
    "lenet-scaled-lr-1": ("lenet", Candidate(input_scale=1 / 256, base_lr=1.0)),
    "alexnet-lr-3": ("alexnet", Candidate(base_lr=3.0)),
}
_VALUE = re.compile(r"(?:data|diff): (\S*(?:nan|inf)\S*)$", re.MULTILINE)


def measure(caffe: Caffe, out: Path, devices: list[str], seconds: float, threads: int) -> Iterator[dict[str, Any]]:
    """Run each training on each device; a record each of what it ends in, and the log below ``out``."""
    for name, (net, candidate) in TRAININGS.items():
        training, _ = trainings.example(net)
        for device in devices:
            folder = out / f"nan-{name}-{device}"
            where = Device((0,)) if device == "gpu" else CPU
            ran = trainings.run(
                caffe, training, candidate, where, folder, seconds=seconds, threads=threads, max_iter=ITERATIONS
            )
            trace = read_trace(folder / "log")
            first = first_bad(trace)
            yield {
                "training": name,
                "device": device,
                "how": ran.how,
                "losses": list(ran.losses),
                "spelled": dict(Counter(_VALUE.findall((folder / "log").read_text(errors="replace")))),
                "first_bad": None if first is None else str(first),
            }
