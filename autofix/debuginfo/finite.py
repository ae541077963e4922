"""Which numbers of a log are none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from autofix.debuginfo.trace import BoolArray, FloatArray

# The largest float is 3.40282347e38 and prints as 3.40282e+38: max pooling over NaN puts it out.
SATURATED = 3.4028e38


def is_bad(value: float) -> bool:
    """Return whether ``value`` is NaN, infinite, or the largest float."""
    return not -SATURATED < value < SATURATED


def are_bad(values: FloatArray) -> BoolArray:
    """Return ``is_bad`` of each value; NaN that stands for "not logged" counts, too."""
    with np.errstate(invalid="ignore"):
        bad: BoolArray = ~(np.abs(values) < SATURATED)
    return bad
