"""Data sets drawn from a seed: pictures, points and sequences whose answer a small net can learn."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[Any]
Arrays: TypeAlias = dict[str, Array]


def _bytes(images: Array) -> Array:
    return np.asarray(images.clip(0, 255).astype(np.uint8))


def bars(rng: np.random.Generator, count: int) -> Arrays:
    """Colour pictures [count, 3, 32, 32] of long soft blobs that lie (0) or stand (1), give or take 20 degrees."""
    y, x = np.mgrid[:32, :32]
    labels = np.arange(count) % 2
    rng.shuffle(labels)
    images = rng.uniform(60, 196, (count, 3, 1, 1)) + rng.normal(0, 10, (count, 3, 32, 32))
    for index, label in enumerate(labels):
        for _ in range(4):
            angle = label * np.pi / 2 + rng.uniform(-0.35, 0.35)
            dx, dy = x - rng.uniform(0, 32), y - rng.uniform(0, 32)
            along, across = np.cos(angle) * dx + np.sin(angle) * dy, np.cos(angle) * dy - np.sin(angle) * dx
            blob = np.exp(-((along / 6) ** 2 + (across / 1.5) ** 2) / 2)
            images[index] += rng.uniform(-120, 120, (3, 1, 1)) * blob
    return {"data": _bytes(images), "label": labels}


def shapes(rng: np.random.Generator, count: int) -> Arrays:
    """Grey pictures [count, 1, 20, 20] of a disc, a frame, a cross or a wedge, bright or dark on noise."""
    y, x = np.mgrid[:20, :20]
    labels = rng.integers(0, 4, count)
    images = rng.normal(128, 20, (count, 1, 20, 20))
    for index, label in enumerate(labels):
        size = rng.uniform(4, 7)
        dx, dy = np.abs(x - rng.uniform(7, 13)), y - rng.uniform(7, 13)
        box = np.maximum(dx, np.abs(dy))
        drawn = (
            np.hypot(dx, dy) < size,
            (box < size) & (box > size - 2),
            (np.minimum(dx, np.abs(dy)) < 1.2) & (box < size),
            (dx < (dy + size) / 2) & (np.abs(dy) < size),
        )[label]
        images[index, 0] += drawn * rng.choice([-1, 1]) * rng.uniform(60, 120)
    return {"data": _bytes(images), "label": labels}


def textures(rng: np.random.Generator, count: int) -> Arrays:
    """Grey pictures [count, 1, 16, 16] of waves in one of four directions, any phase, on noise."""
    y, x = np.mgrid[:16, :16]
    labels = rng.integers(0, 4, count)
    angle = labels * np.pi / 4 + rng.uniform(-0.25, 0.25, count)
    length, phase = rng.uniform(4, 8, count), rng.uniform(0, 2 * np.pi, count)
    along = np.cos(angle)[:, None, None] * x + np.sin(angle)[:, None, None] * y
    waves = np.sin(2 * np.pi * along / length[:, None, None] + phase[:, None, None])
    images = 128 + 50 * waves[:, None] + rng.normal(0, 40, (count, 1, 16, 16))
    return {"data": _bytes(images), "label": labels}


def spirals(rng: np.random.Generator, count: int) -> Arrays:
    """Points [count, 2] on three arms of a spiral, about one turn each."""
    labels = rng.integers(0, 3, count)
    radius = np.sqrt(rng.uniform(0.02, 1, count))
    angle = 2 * np.pi * (labels / 3 + radius) + rng.normal(0, 0.12, count)
    points = 2 * radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return {"data": points.astype(np.float32), "label": labels.astype(np.float32)}


def adding(rng: np.random.Generator, batches: int, steps: int = 8, streams: int = 16) -> Arrays:
    """The adding problem of Hochreiter and Schmidhuber (1997): sum the two marked numbers of a sequence.

    One record is a whole mini-batch in the order Caffe's recurrent layers want: data [batches, steps, streams, 2],
    cont [batches, steps, streams] (0 where a sequence begins), target [batches, streams, 1].
    """
    numbers = rng.uniform(-1, 1, (batches, steps, streams))
    marks = np.zeros_like(numbers)
    for half in (range(steps // 2), range(steps // 2, steps)):
        at = rng.choice(list(half), (batches, 1, streams))
        np.put_along_axis(marks, at, 1.0, axis=1)
    target = (numbers * marks).sum(axis=1)[..., None]
    data = np.stack([numbers, marks], axis=-1)
    return _recurrent(data, target)


def order(rng: np.random.Generator, batches: int, steps: int = 10, streams: int = 16) -> Arrays:
    """The temporal order problem (same authors): which of two symbols came first, which second? Four classes.

    Six symbols, four of them noise; data [batches, steps, streams, 6] one-hot, label [batches, streams].
    """
    symbols = rng.integers(2, 6, (batches, steps, streams))
    first, second = rng.integers(0, 2, (2, batches, 1, streams))
    np.put_along_axis(symbols, rng.integers(0, steps // 2, (batches, 1, streams)), first, axis=1)
    np.put_along_axis(symbols, rng.integers(steps // 2, steps, (batches, 1, streams)), second, axis=1)
    return _recurrent(np.eye(6)[symbols], (2 * first + second)[:, 0], "label")


def _recurrent(data: Array, answer: Array, name: str = "target") -> Arrays:
    cont = np.ones(data.shape[:3], np.float32)
    cont[:, 0] = 0
    return {"data": data.astype(np.float32), "cont": cont, name: answer.astype(np.float32)}
