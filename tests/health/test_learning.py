"""Whether learning has begun, told from losses alone."""

from __future__ import annotations

import numpy as np
import pytest

from autofix.health.learning import learning, means

NOISE = np.random.default_rng(0).normal(0, 0.02, 400)


def test_a_mean_is_that_of_its_own_losses() -> None:
    values = np.arange(10.0)
    np.testing.assert_allclose(means(values, 4), [1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5])


@pytest.mark.parametrize("spike", [1e6, 1e15, 1e30])
def test_a_huge_spike_leaves_no_trace_in_what_comes_after(spike: float) -> None:
    """Differences of one running sum lose what is small behind a huge loss."""
    losses = np.where(np.arange(400) < 100, 1.0, 0.5) + NOISE
    spiky = losses.copy()
    spiky[30] = spike
    np.testing.assert_allclose(means(spiky, 10)[31:], means(losses, 10)[31:])
    assert learning(spiky, 1.0).began == learning(losses, 1.0).began
    flat = 1.0 + NOISE
    flat[30] = spike
    assert learning(flat, 1.0).began is None
