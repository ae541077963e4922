"""The GPUs of this machine: as Caffe counts them, and how full their memory is.

CUDA counts what ``CUDA_VISIBLE_DEVICES`` lets through, in its order, and of a card that is cut into MIG instances one
instance. The driver's library (NVML) counts every card. Its Python package, nvidia-ml-py, is optional: without it the
memory is unknown, and nothing else changes.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

GB = 1e9
# Bytes below which a training is not even started: CUDA's own share of a process, with cuBLAS, takes more than that.
LEAST_FREE = 256 << 20

# What Caffe says of a GPU (a pattern), and what to do.
GPU_ADVICE = (
    (
        r"out of memory|CUBLAS_STATUS_ALLOC_FAILED|CUBLAS_STATUS_NOT_INITIALIZED",
        "the GPU's memory is full: end what else runs there (nvidia-smi), make batch_size smaller, or use --device cpu",
    ),
    (
        r"no kernel image",
        "this Caffe was not compiled for this card: scripts/install-caffe --cuda does that, or use --device cpu",
    ),
    (
        r"driver version is insufficient",
        "there is no NVIDIA driver, or it is older than the CUDA this Caffe was built with: update it, or build with an"
        " older toolkit (CUDA_HOME=... scripts/install-caffe --cuda), or use --device cpu",
    ),
    (
        r"invalid device ordinal",
        "see nvidia-smi -L and CUDA_VISIBLE_DEVICES; of MIG instances CUDA shows a process one. Or use --device cpu",
    ),
    (r"no CUDA-capable device", "see nvidia-smi -L and CUDA_VISIBLE_DEVICES, or use --device cpu"),
    (r"busy or unavailable", "another process has the GPU for itself (nvidia-smi shows it); or use --device cpu"),
)


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes of a GPU's memory, as the driver tells them."""

    free: int
    total: int

    def __str__(self) -> str:
        return f"{self.free / GB:.1f} of {self.total / GB:.1f} GB free"


@dataclass(frozen=True, slots=True)
class Card:
    """A card, or an instance of one, as the driver knows it.

    Args:
        handle: NVML's own.
        instances: the MIG instances the card is cut into.
    """

    uuid: str
    name: str
    handle: Any = None
    instances: tuple[Card, ...] = ()


def said(log: str) -> dict[int, str]:
    """Return the names of GPUs by Caffe's numbers, from what ``caffe device_query`` printed."""
    numbers = (int(number) for number in re.findall(r"Device id: +(\d+)", log))
    return dict(zip(numbers, re.findall(r"\] Name: +(.+?) *$", log, re.MULTILINE), strict=False))


def memory(number: int, name: str = "") -> Memory | None:
    """Return the memory of the GPU that Caffe gives this number, or None where nobody can tell.

    Args:
        name: Caffe's word for it, if known. CUDA may count unlike cards in another order than the driver; then the
            only card of that name is taken.
    """
    with driver() as nvml:
        if nvml is None:
            return None
        card = pick(counted(_cards(nvml), os.environ.get("CUDA_VISIBLE_DEVICES")), number, name)
        if card is None:
            return None
        with suppress(nvml.NVMLError):
            told = nvml.nvmlDeviceGetMemoryInfo(card.handle)
            return Memory(int(told.free), int(told.total))
    return None


def counted(cards: Sequence[Card], visible: str | None) -> list[Card]:
    """Return the cards that CUDA shows a process, in its order.

    Args:
        visible: ``CUDA_VISIBLE_DEVICES``: numbers, or beginnings of the driver's ids; the first unknown word ends it.
    """
    if visible is None:
        found = list(cards)
    else:
        found = []
        for word in visible.split(","):
            card = _named(cards, word.strip())
            if card is None:
                break
            found.append(card)
    found = [card.instances[0] if card.instances else card for card in found]
    instance = next((card for card in found if card.uuid.startswith("MIG-")), None)
    return found if instance is None else [instance]


def pick(cards: Sequence[Card], number: int, name: str) -> Card | None:
    """Return the card that has this number for CUDA, and this name where one is known."""
    if number < len(cards) and (not name or cards[number].name.startswith(name)):
        return cards[number]
    alike = [card for card in cards if name and card.name.startswith(name)]
    return alike[0] if len(alike) == 1 else None


def _named(cards: Sequence[Card], word: str) -> Card | None:
    if word.isdecimal():
        return cards[int(word)] if int(word) < len(cards) else None
    everything = [each for card in cards for each in (card, *card.instances)]
    alike = [card for card in everything if word and card.uuid.startswith(word)]
    return alike[0] if len(alike) == 1 else None


def _cards(nvml: Any) -> list[Card]:
    cards = []
    with suppress(nvml.NVMLError):
        for index in range(nvml.nvmlDeviceGetCount()):
            handle = nvml.nvmlDeviceGetHandleByIndex(index)
            cards.append(_card(nvml, handle, tuple(_instances(nvml, handle))))
    return cards


def _instances(nvml: Any, card: Any) -> Iterator[Card]:
    with suppress(nvml.NVMLError):  # most cards know no MIG
        if nvml.nvmlDeviceGetMigMode(card)[0]:
            for index in range(nvml.nvmlDeviceGetMaxMigDeviceCount(card)):
                yield _card(nvml, nvml.nvmlDeviceGetMigDeviceHandleByIndex(card, index))


def _card(nvml: Any, handle: Any, instances: tuple[Card, ...] = ()) -> Card:
    return Card(str(nvml.nvmlDeviceGetUUID(handle)), str(nvml.nvmlDeviceGetName(handle)), handle, instances)


@contextmanager
def driver() -> Iterator[Any]:
    """NVML, ready; None without it or without a driver."""
    try:
        import pynvml  # noqa: PLC0415 -- optional
    except ImportError:
        yield None
        return
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        yield None
        return
    try:
        yield pynvml
    finally:
        pynvml.nvmlShutdown()
