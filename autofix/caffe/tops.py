"""What a data layer has for each of its tops: shape, range, spread and labels."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

__all__ = ["Array", "Labels", "TopAudit", "describe"]

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, slots=True)
class Labels:
    """Class labels and how many records have each.

    Attributes:
        runs: stretches of equal labels in the sample, in the data set's order: few where it is sorted by label.
    """

    counts: Mapping[int, int]
    runs: int

    @property
    def minimum(self) -> int:
        return min(self.counts)

    @property
    def maximum(self) -> int:
        return max(self.counts)

    @property
    def classes(self) -> int:
        """How many different labels there are."""
        return len(self.counts)

    @property
    def entropy(self) -> float:
        """The prior's entropy in nats: the softmax loss of the best answer that ignores its input."""
        total = sum(self.counts.values())
        return sum(count / total * math.log(total / count) for count in self.counts.values())


@dataclass(frozen=True, slots=True)
class TopAudit:
    """What a data layer has for one of its tops, before any transformation.

    Attributes:
        shape: of one record, without the batch; None where records differ.
        looked_at: records read for this top.
        nonfinite: how many of them hold a NaN or an infinity. The numbers that follow are over the others,
            and NaN where there are none.
        total_variance: the variance over records, summed over a record's values; NaN where shapes differ.
        labels: the counts if every record is one whole number, else None.
        means: over records, of each of a record's values; None where shapes differ.
        peaks: the largest |x| of each record, in the data set's order; NaN for a record that is not finite.
    """

    name: str
    shape: tuple[int, ...] | None
    dtype: str
    looked_at: int
    nonfinite: int
    minimum: float
    maximum: float
    mean: float
    std: float
    total_variance: float
    labels: Labels | None
    means: Array | None = field(default=None, repr=False, compare=False)
    peaks: Array = field(default_factory=lambda: np.empty(0), repr=False, compare=False)

    @property
    def constant_error(self) -> float:
        """EuclideanLoss of the best constant answer to this target: half of E||y - mean(y)||^2."""
        return 0.5 * self.total_variance

    @property
    def usual_peak(self) -> float:
        """The largest |x| of the median record; 0 where there is none."""
        known = self.peaks[np.isfinite(self.peaks)]
        return float(np.median(known)) if len(known) else 0.0


def describe(name: str, records: Sequence[Array] | Array) -> TopAudit:
    """The numbers of one top from a sample of N records, which may differ in shape."""
    shapes = {record.shape for record in records}
    alike = len(shapes) == 1
    rows = [np.ravel(record) for record in records]
    finite = [row for row in rows if np.isfinite(row).all()]
    known = any(row.size for row in finite)
    values = np.concatenate(finite).astype(np.float64) if known else np.array([np.nan])
    whole = known and len(finite) == len(rows) == values.size and bool((values == np.rint(values)).all())
    per_value = values.reshape(len(finite), -1) if alike and known else np.array([[np.nan]])
    return TopAudit(
        name=name,
        shape=shapes.pop() if alike else None,
        dtype=str(rows[0].dtype),
        looked_at=len(rows),
        nonfinite=len(rows) - len(finite),
        minimum=float(values.min()),
        maximum=float(values.max()),
        mean=float(values.mean()),
        std=float(values.std()),
        total_variance=float(per_value.var(axis=0).sum()),
        labels=_count(values) if whole else None,
        means=per_value.mean(axis=0) if alike else None,
        peaks=np.array([_peak(row) for row in rows]),
    )


def _peak(row: Array) -> float:
    """The largest |x| of a record, which may be empty; NaN if it is not finite."""
    peak = max(float(row.max(initial=0)), -float(row.min(initial=0)))
    return peak if math.isfinite(peak) else math.nan


def _count(values: Array) -> Labels:
    labels, counts = np.unique(values, return_counts=True)
    runs = 1 + int(np.count_nonzero(np.diff(values)))
    return Labels({int(label): int(count) for label, count in zip(labels, counts, strict=True)}, runs)
