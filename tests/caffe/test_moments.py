"""The numbers of many values, a piece at a time, against NumPy over all of them at once."""

from __future__ import annotations

import math

import numpy as np
import pytest

from autofix.caffe.stored.moments import SLICE, Moments, Stats

RNG = np.random.default_rng(1)
MANY = RNG.standard_normal(3 * SLICE + 17)


def slow(values: np.ndarray) -> Stats:
    """The same, in one pass of the obvious kind over everything."""
    wide = values.ravel().astype(np.float64)
    finite = wide[np.isfinite(wide)]
    some = finite if len(finite) else np.array([np.nan])
    return Stats(
        count=wide.size,
        nan=int(np.isnan(wide).sum()),
        inf=int(np.isinf(wide).sum()),
        zeros=int((finite == 0).sum()),
        minimum=float(some.min()),
        maximum=float(some.max()),
        mean=float(some.mean()),
        std=float(some.std()),
        mean_abs=float(np.abs(some).mean()),
    )


def odd(values: np.ndarray, *extra: float) -> np.ndarray:
    mixed = values.copy()
    mixed[RNG.choice(len(mixed), len(extra), replace=False)] = extra
    return mixed


CASES = {
    "weights": MANY.astype(np.float32) * np.float32(0.01),
    "doubles": MANY,
    "half floats": MANY.astype(np.float16),
    "bytes": RNG.integers(0, 256, 3 * SLICE + 5).astype(np.uint8),
    "labels": RNG.integers(-1, 1000, 5000).astype(np.int32),
    "other byte order": MANY.astype(">f4"),
    "far from zero": (MANY * 1e-3 + 1000).astype(np.float32),
    "all alike": np.full(2 * SLICE, 0.1, np.float32),
    "zeros": np.zeros(SLICE + 1, np.float32),
    "half zeros": np.where(MANY > 0, MANY, 0).astype(np.float32),
    "one value": np.array([-3.0], np.float32),
    "some NaN": odd(MANY.astype(np.float32), np.nan, np.nan, np.inf),
    "some infinite": odd(MANY, -np.inf, np.inf),
    "only NaN": np.full(10, np.nan, np.float32),
    "near the largest float": MANY.astype(np.float32) * np.float32(1e37),
    "smaller than any float": np.full(10, 1e-45, np.float32),
    "true or false": MANY > 0,
    "negative": -np.abs(MANY).astype(np.float32),
}


@pytest.mark.parametrize("values", CASES.values(), ids=CASES)
@pytest.mark.parametrize("pieces", [1, 7])
def test_numbers_are_those_of_numpy(values, pieces):
    moments = Moments()
    for piece in np.array_split(values, pieces):
        own = Moments()
        own.add(piece)
        moments.merge(own)
    found, expected = moments.stats(), slow(values)
    for name in ("count", "nan", "inf", "zeros"):
        assert getattr(found, name) == getattr(expected, name), name
    for name in ("minimum", "maximum", "mean", "mean_abs", "std"):
        room = 1e-6 * expected.std if name in ("mean", "std") else 0.0
        close = pytest.approx(getattr(expected, name), rel=1e-5, abs=room, nan_ok=True)
        assert getattr(found, name) == close, name


def test_nothing_at_all_has_no_numbers():
    found = Moments().stats()
    assert found.count == 0
    assert math.isnan(found.mean)
    assert not found.constant


@pytest.mark.parametrize(("values", "expected"), [([2, 2, 2], True), ([2, 3], False), ([np.nan, np.nan], False)])
def test_constant_means_one_finite_value(values, expected):
    moments = Moments()
    moments.add(np.array(values, np.float32))
    assert moments.stats().constant is expected


def test_any_shape_and_order_in_memory_will_do():
    moments = Moments()
    moments.add(MANY[:24].reshape(2, 3, 4).transpose(2, 0, 1)[:, ::-1])
    assert moments.stats().mean == pytest.approx(MANY[:24].mean())
    assert moments.stats().std == pytest.approx(MANY[:24].std())
