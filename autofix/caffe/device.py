"""Choosing where a training runs: what was asked for, what this Caffe can do, what the machine has."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass, replace

from autofix.caffe import gpus
from autofix.caffe.environment import environment
from autofix.caffe.gpus import Memory
from autofix.caffe.job import CPU, Device
from autofix.caffe.locate import Caffe
from autofix.errors import CaffeError, InputError

QUERY_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Choice:
    """The device that was chosen, and in plain words why.

    Args:
        names: of its GPUs, by Caffe's numbers, as far as they are known.
    """

    device: Device
    why: str
    names: tuple[tuple[int, str], ...] = ()

    def memory(self, number: int) -> Memory | None:
        """The memory of one of its GPUs; None where nobody can tell."""
        return gpus.memory(number, dict(self.names).get(number, ""))


@dataclass(frozen=True, slots=True)
class Wish:
    """What the solver says: whether it asks for a GPU, and for which (``device_id``)."""

    gpu: bool = False
    number: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether Caffe can use some GPUs: why not and what then to do; else the names it has for them."""

    trouble: str = ""
    hint: str = ""
    names: tuple[tuple[int, str], ...] = ()


def choose(wanted: str, wish: Wish, caffe: Caffe) -> Choice:
    """Choose the device of every probe; of several GPUs each probe gets one.

    Args:
        wanted: the user's ``--device``: "auto", "cpu", "gpu" or "gpu:0,1".

    Raises:
        InputError: ``wanted`` is none of these.
        CaffeError: a GPU was asked for by name and there is none this Caffe can use.
    """
    if wanted == "cpu":
        return Choice(CPU, "--device cpu")
    numbers = _numbers(wanted, wish)
    if wanted == "auto" and not wish.gpu:
        return Choice(CPU, "the solver does not ask for a GPU")
    answer = _ask(caffe, numbers)
    if not answer.trouble:
        why = "the solver asks for a GPU" if wanted == "auto" else f"--device {wanted}"
        return _described(Choice(Device(numbers), why, answer.names))
    if wanted == "auto":
        return Choice(CPU, f"the solver asks for a GPU, but {answer.trouble}")
    fallback = "use --device cpu, or --device auto to fall back to the CPU"
    raise CaffeError(f"--device {wanted}: {answer.trouble}", answer.hint or fallback)


def _described(choice: Choice) -> Choice:
    """The same, its GPUs named in the reason, with their memory."""
    facts = [(dict(choice.names).get(number), choice.memory(number)) for number in choice.device.gpus]
    cards = [", ".join(str(part) for part in fact if part) for fact in facts]
    return replace(choice, why="; ".join([*filter(None, cards), choice.why]))


def _numbers(wanted: str, wish: Wish) -> tuple[int, ...]:
    match = re.fullmatch(r"auto|gpu(?::(\d+(?:,\d+)*))?", wanted)
    if not match:
        raise InputError(f"--device {wanted}: not a device", "say auto, cpu, gpu or gpu:0,1")
    named = (int(number) for number in (match.group(1) or str(wish.number)).split(","))
    return tuple(dict.fromkeys(named))


def _ask(caffe: Caffe, numbers: tuple[int, ...]) -> Answer:
    """Ask ``caffe`` for each of these GPUs, and the driver for their memory."""
    names: dict[int, str] = {}
    for number in numbers:
        code, log = _query(caffe, number)
        if code != 0:
            return _trouble(log)
        names |= gpus.said(log)
        memory = gpus.memory(number, names.get(number, ""))
        if memory is not None and memory.free < gpus.LEAST_FREE:
            hint = "end what else runs there (nvidia-smi), or use --device cpu"
            return Answer(f"the memory of GPU {number} is full ({memory})", hint)
    return Answer(names=tuple(names.items()))


def _query(caffe: Caffe, number: int) -> tuple[int, str]:
    """Have ``caffe`` start on a GPU: its return code and its words."""
    if caffe.kind == "pycaffe":
        arguments = ["-c", f"import caffe; caffe.set_mode_gpu(); caffe.set_device({number})"]
    else:
        arguments = ["device_query", f"--gpu={number}"]
    try:
        done = subprocess.run(
            [caffe.path, *arguments], capture_output=True, timeout=QUERY_SECONDS, env=environment(), check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return 1, f"Check failed: no answer ({error})"
    return done.returncode, (done.stdout + done.stderr).decode(errors="replace")


def _trouble(log: str) -> Answer:
    if "CPU-only" in log or "CPU_ONLY" in log:
        return Answer(
            "this Caffe is built for the CPU only",
            "scripts/install-caffe --cuda builds one for GPUs; or use --device cpu",
        )
    fatal = re.search(r"Check failed: .*", log)
    if not fatal:
        return Answer("Caffe finds no usable GPU")
    hint = next((advice for pattern, advice in gpus.GPU_ADVICE if re.search(pattern, fatal.group(0))), "")
    return Answer(f"Caffe finds no usable GPU ({fatal.group(0)})", hint)
