"""The numbers of one top."""

from __future__ import annotations

import numpy as np

from autofix.caffe.tops import describe


def test_a_peak_is_of_a_record_that_is_finite_and_an_empty_one_has_none():
    """Infinity was told as a value that is far larger than the others, beside what is told of infinity."""
    records = [np.array([-3.0, 2.0]), np.array([np.inf, 1.0]), np.array([np.nan]), np.empty(0)]
    top = describe("data", records)
    np.testing.assert_equal(top.peaks, [3.0, np.nan, np.nan, 0.0])
    assert top.usual_peak == 1.5
    assert top.nonfinite == 2


def test_records_without_values_are_described_as_not_known():
    top = describe("data", np.zeros((3, 0)))
    assert (top.shape, top.looked_at, top.nonfinite, top.labels) == ((0,), 3, 0, None)
    assert np.isnan([top.minimum, top.mean, top.std, top.total_variance]).all()
    assert describe("data", np.zeros((1, 0))).labels is None


def test_the_peak_of_whole_numbers_does_not_overflow():
    assert list(describe("data", np.array([[-128, 3]], dtype=np.int8)).peaks) == [128.0]
