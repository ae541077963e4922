"""Mean, spread, range and odd values of any number of numbers, a piece at a time."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from autofix.caffe.tops import Array

SLICE = 1 << 16  # values worked on at once: what takes several passes should stay in the processor's cache
BYTES = 1 << 20  # bytes worked on at once; their sum fits in 32 bits
ROW = 1 << 8  # squares that are added up as floats: of so many bytes, the sum is below 2^24 and exact


@dataclass(frozen=True, slots=True)
class Stats:
    """What there is to say of some numbers.

    Attributes:
        count: all of them; ``nan`` and ``inf`` are how many of them are that, and all below leaves these out.
        zeros: exactly zero.
        minimum, maximum, mean, std, mean_abs: NaN where no number is finite. ``mean_abs`` is the mean of \\|x\\|, as
            Caffe's debug_info prints it.
    """

    count: int
    nan: int
    inf: int
    zeros: int
    minimum: float
    maximum: float
    mean: float
    std: float
    mean_abs: float

    @property
    def bad(self) -> int:
        """How many are NaN or infinite."""
        return self.nan + self.inf

    @property
    def constant(self) -> bool:
        """Whether all are one and the same finite number."""
        return self.count > 0 and not self.bad and self.minimum == self.maximum


class Moments:
    """Gathers `Stats`. Variances of pieces are joined as by Chan, Golub and LeVeque (1979)."""

    def __init__(self) -> None:
        self.count = self.nan = self.inf = self.zeros = 0
        self._minimum, self._maximum = math.inf, -math.inf
        self._mean = self._squares = self._total_abs = 0.0  # of the finite; squares of the distances to the mean

    def add(self, values: Array) -> None:
        """Count in ``values``, of any shape and type of numbers."""
        flat = values.reshape(-1)
        if flat.dtype == np.uint8:
            for start in range(0, flat.size, BYTES):
                self.merge(_of_bytes(flat[start : start + BYTES]))
            return
        for start in range(0, flat.size, SLICE):
            self._add(flat[start : start + SLICE])

    def merge(self, other: Moments) -> None:
        """Count in what ``other`` has gathered."""
        finite, others = self.finite, other.finite
        self.count += other.count
        self.nan += other.nan
        self.inf += other.inf
        self.zeros += other.zeros
        self._minimum = min(self._minimum, other._minimum)
        self._maximum = max(self._maximum, other._maximum)
        self._total_abs += other._total_abs
        if others:
            apart, together = other._mean - self._mean, finite + others
            self._squares += other._squares + apart * apart * finite * others / together
            self._mean += apart * others / together

    @property
    def finite(self) -> int:
        """How many numbers are finite."""
        return self.count - self.nan - self.inf

    def stats(self) -> Stats:
        """Return what was gathered so far."""
        some = self.finite > 0
        return Stats(
            count=self.count,
            nan=self.nan,
            inf=self.inf,
            zeros=self.zeros,
            minimum=self._minimum if some else math.nan,
            maximum=self._maximum if some else math.nan,
            mean=self._mean if some else math.nan,
            std=math.sqrt(max(self._squares, 0.0) / self.finite) if some else math.nan,
            mean_abs=self._total_abs / self.finite if some else math.nan,
        )

    def _add(self, part: Array) -> None:
        given = part
        if part.dtype != np.float64:
            part = np.ascontiguousarray(part, np.float32) if _fits(part.dtype) else part.astype(np.float64)
        seen = given if given.dtype.kind in "iu" else part  # small integers are compared faster than floats
        low, high = float(seen.min()), float(seen.max())
        if not math.isfinite(low - high):  # NaN, infinity, or further apart than any float
            nan, inf = int(np.isnan(part).sum()), int(np.isinf(part).sum())
            self.count, self.nan, self.inf = self.count + nan + inf, self.nan + nan, self.inf + inf
            part = part[np.isfinite(part)].astype(np.float64)
            if not part.size:
                return
            low, high = float(part.min()), float(part.max())
        self.merge(_of_finite(part, low, high))


def _fits(dtype: np.dtype[np.generic]) -> bool:
    """Whether every value of this type is a float32."""
    return dtype == np.float32 or (dtype.kind in "biuf" and dtype.itemsize <= 2)


def _of_bytes(part: Array) -> Moments:
    """The moments of a contiguous piece of bytes, from sums that are exact."""
    found, size = Moments(), part.size
    found.count, found.zeros = size, size - int(np.count_nonzero(part))
    found._minimum, found._maximum = float(part.min()), float(part.max())
    total = int(part.sum(dtype=np.uint32))
    squares = sum(int(_squares(part[at : at + 2 * SLICE].astype(np.float32))) for at in range(0, size, 2 * SLICE))
    found._mean, found._squares = total / size, (size * squares - total * total) / size
    found._total_abs = float(total)
    return found


def _of_finite(part: Array, low: float, high: float) -> Moments:
    """The moments of a contiguous piece of finite numbers from ``low`` to ``high``."""
    found, size = Moments(), part.size
    found.count = size
    found.zeros = int(np.count_nonzero(part == 0)) if low <= 0 <= high else 0
    found._minimum, found._maximum = low, high
    if low == high:
        found._mean, found._total_abs = low, abs(low) * size
        return found
    with np.errstate(over="ignore", invalid="ignore"):
        found._mean, found._squares = _spread(part, low, high)
        found._total_abs = abs(found._mean) * size if low >= 0 or high <= 0 else _total_abs(part)
    return found


def _squares(values: Array) -> float:
    """The sum of the squares of floats: in rows, whose sums are added up as doubles."""
    whole = values.size // ROW * ROW
    rows, rest = values[:whole].reshape(-1, ROW), values[whole:]
    sums = np.matmul(rows[:, None, :], rows[:, :, None])  # twice as fast as einsum
    return float(sums.sum(dtype=np.float64)) + float(np.dot(rest, rest))


def _total_abs(part: Array) -> float:
    total = float(np.abs(part).sum())  # in pairs, which is exact enough for a piece of this size
    return total if math.isfinite(total) else float(np.abs(part).sum(dtype=np.float64))


def _spread(part: Array, low: float, high: float) -> tuple[float, float]:
    """The mean, and the sum of the squares of the distances to it."""
    if part.dtype == np.float32:
        middle = 0.0 if low < 0 < high else float(np.float32((low + high) / 2))  # so that no large numbers cancel out
        moved = part - np.float32(middle) if middle else part
        mean, squares = float(moved.sum()) / part.size, _squares(moved)
        if mean * mean * part.size < 0.1 * squares < math.inf:
            return middle + mean, squares - mean * mean * part.size
    wide = part.astype(np.float64)
    mean = float(wide.mean())
    wide -= mean
    return mean, float(np.square(wide, out=wide).sum())
