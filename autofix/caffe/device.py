"""Choosing where a training runs: what was asked for, what this Caffe can do, what the machine has."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass

from autofix.caffe.environment import environment
from autofix.caffe.job import CPU, Device
from autofix.caffe.locate import Caffe
from autofix.errors import CaffeError, InputError

QUERY_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Choice:
    """The device that was chosen, and in plain words why."""

    device: Device
    why: str


def choose(wanted: str, solver_wants_gpu: bool, caffe: Caffe) -> Choice:
    """Choose the device of every probe.

    Args:
        wanted: the user's ``--device``: "auto", "cpu", "gpu" or "gpu:0,1".
        solver_wants_gpu: whether the solver says ``solver_mode: GPU``.

    Raises:
        InputError: ``wanted`` is none of these.
        CaffeError: a GPU was asked for by name and there is none this Caffe can use.
    """
    if wanted == "cpu":
        return Choice(CPU, "--device cpu")
    gpus = _ids(wanted)
    if wanted == "auto" and not solver_wants_gpu:
        return Choice(CPU, "the solver does not ask for a GPU")
    trouble = _gpu_trouble(caffe, gpus)
    if not trouble:
        return Choice(Device(gpus), "the solver asks for a GPU" if wanted == "auto" else f"--device {wanted}")
    if wanted == "auto":
        return Choice(CPU, f"the solver asks for a GPU, but {trouble}")
    raise CaffeError(f"--device {wanted}: {trouble}", "use --device cpu, or --device auto to fall back to the CPU")


def _ids(wanted: str) -> tuple[int, ...]:
    match = re.fullmatch(r"auto|gpu(?::(\d+(?:,\d+)*))?", wanted)
    if not match:
        raise InputError(f"--device {wanted}: not a device", "say auto, cpu, gpu or gpu:0,1")
    return tuple(int(number) for number in (match.group(1) or "0").split(","))


def _gpu_trouble(caffe: Caffe, gpus: tuple[int, ...]) -> str:
    """Why ``caffe`` cannot use ``gpus``, or nothing."""
    if caffe.kind == "pycaffe":
        if len(gpus) > 1:
            return "pycaffe trains on one GPU at a time"
        arguments = ["-c", f"import caffe; caffe.set_mode_gpu(); caffe.set_device({gpus[0]})"]
    else:
        arguments = ["device_query", f"--gpu={','.join(map(str, gpus))}"]
    try:
        done = subprocess.run(
            [caffe.path, *arguments], capture_output=True, timeout=QUERY_SECONDS, env=environment(), check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"this Caffe could not be asked for its GPUs ({error})"
    if done.returncode == 0:
        return ""
    said = (done.stdout + done.stderr).decode(errors="replace")
    if "CPU-only" in said or "CPU_ONLY" in said:
        return "this Caffe is built for the CPU only"
    fatal = re.search(r"Check failed: .*", said)
    return f"Caffe finds no usable GPU ({fatal.group(0)})" if fatal else "Caffe finds no usable GPU"
