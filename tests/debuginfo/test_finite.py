"""Which numbers of a log are none."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autofix.debuginfo import build_trace, is_bad
from autofix.debuginfo.finite import are_bad

LARGEST = float(np.finfo(np.float32).max)
ITERATION = """\
[Forward] Layer ip, top blob ip data: {blob}
[Backward] Layer ip, param blob 0 diff: 1
[Backward] All net params (data, diff): L1 norm = (1, 1); L2 norm = (1, {norm})
Iteration {number}, loss = {loss}
    Train net output #0: loss = {loss} (* 1 = {loss} loss)
Iteration {number}, lr = {lr}
"""
SOUND = {"blob": "1", "norm": "1", "loss": "1", "lr": "0.1"}


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, LARGEST, -LARGEST, float(f"{LARGEST:.6g}")])
def test_nan_infinity_and_the_largest_float_are_bad(value: float) -> None:
    assert is_bad(value)


@given(st.lists(st.floats()))
def test_many_are_judged_as_each_one_is(values: list[float]) -> None:
    assert are_bad(np.array(values)).tolist() == [is_bad(value) for value in values]


@pytest.mark.parametrize("place", SOUND)
def test_a_row_is_bad_wherever_its_bad_value_is(place: str) -> None:
    log = ITERATION.format(number=0, **SOUND) + ITERATION.format(number=10, **SOUND | {place: "inf"})
    trace = build_trace(log.splitlines(keepends=True))
    assert trace.bad_rows.tolist() == [False, True]
    assert bool(trace.bad.any()) == (place == "blob")
