"""The data of the trainings: small arrays from a seeded generator."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

BATCH, FEATURES = 8, 6
Arrays = dict[str, NDArray[np.float32]]


def two_classes(rng: np.random.Generator, batches: int = 20) -> Arrays:
    """A problem that a linear layer solves: the label is the sign of a fixed combination of six inputs."""
    x = rng.normal(size=(batches * BATCH, FEATURES))
    return {"data": x.astype(np.float32), "label": (x @ np.arange(1, 7) > 0).astype(np.float32)}


def shifted(value: float, batch: int) -> Callable[[np.random.Generator], Arrays]:
    """Positive inputs, but for ``value`` in one number of ``batch``."""

    def make(rng: np.random.Generator) -> Arrays:
        arrays = two_classes(rng)
        arrays["data"] = np.abs(arrays["data"]) + 1
        arrays["data"][batch * BATCH, 0] = value
        return arrays

    return make


def with_outlier(rng: np.random.Generator) -> Arrays:
    """A linear problem, but one sample of batch 40 is fifty times too large and mislabelled."""
    x = np.abs(two_classes(rng, batches=81)["data"])
    score = x @ (np.arange(1, 7) - 3.5)
    label = score > np.median(score)
    x[40 * BATCH] *= 50
    label[40 * BATCH] ^= True
    return {"data": x, "label": label.astype(np.float32)}


def with_throw(rng: np.random.Generator) -> Arrays:
    """A linear problem, but the inputs of batch 4 are 30,000 times too large."""
    arrays = two_classes(rng)
    arrays["data"][4 * BATCH : 5 * BATCH] *= 3e4
    return arrays


def with_index(rng: np.random.Generator) -> Arrays:
    """``two_classes`` and an index of rows that points outside of batch 6."""
    arrays = two_classes(rng)
    index = np.tile(np.arange(BATCH), 20)
    index[6 * BATCH] = BATCH
    return arrays | {"index": index.astype(np.float32)}


def sequences(rng: np.random.Generator) -> Arrays:
    """Four steps of two streams in each batch; ``cont`` is 0 where a sequence begins."""
    arrays = two_classes(rng)
    cont = (np.arange(20 * BATCH) % BATCH >= 2).astype(np.float32)
    return arrays | {"cont": cont}


def pixels(rng: np.random.Generator) -> Arrays:
    """``two_classes``, its inputs stretched to 0..255 as raw pixels are."""
    arrays = two_classes(rng)
    return arrays | {"data": np.clip(128 + 50 * arrays["data"], 0, 255)}


def alternating(rng: np.random.Generator) -> Arrays:
    """Every batch is of one class, the next of the other: a net that learns too fast is always wrong for sure."""
    arrays = two_classes(rng)
    return arrays | {"label": np.repeat(np.arange(20) % 2, BATCH).astype(np.float32)}


def random_labels(rng: np.random.Generator) -> Arrays:
    """Labels that have nothing to do with the inputs: there is nothing to learn."""
    arrays = two_classes(rng, batches=80)
    return arrays | {"label": rng.permutation(arrays["label"])}
