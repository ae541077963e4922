"""A loss is told exactly where Caffe's float32 running sum has lost it, and else as printed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from comparing import read_by_line

from autofix.debuginfo import IterationLoss, Output, exact_loss, read_events
from autofix.debuginfo.trace import FloatArray

LOGS = Path(__file__).parent / "logs"
WEIGHTS = np.array([1.0, 0.3])


def running(losses: FloatArray, average_loss: int) -> FloatArray:
    """What Caffe prints: ``UpdateSmoothedLoss`` in float32, six digits."""
    window, smoothed, printed = list[np.float32](), np.float32(0), list[float]()
    for iteration, loss in enumerate(losses.astype(np.float32)):
        if len(window) < average_loss:
            window.append(loss)
            smoothed = (smoothed * np.float32(len(window) - 1) + loss) / np.float32(len(window))
        else:
            place = iteration % average_loss
            smoothed += (loss - window[place]) / np.float32(average_loss)
            window[place] = loss
        printed.append(six_digits(smoothed))
    return np.array(printed)


def six_digits(value: float | np.floating) -> float:
    return float(f"{value:.6g}")


def outputs(count: int, spikes: dict[int, float]) -> FloatArray:
    """Two outputs ``[count, 2]`` as printed, with losses that are wrong at some iterations."""
    values = np.random.default_rng(7).uniform(0.2, 1.5, (count, 2))
    for iteration, size in spikes.items():
        values[iteration] *= size
    return np.vectorize(six_digits)(values)


def test_a_recorded_spike_leaves_the_losses_behind_it_as_the_outputs_tell_them() -> None:
    log = (LOGS / "spike.log").read_bytes()
    trace, _ = read_by_line(log)
    printed = [event.loss for event in read_events(log.decode().splitlines()) if isinstance(event, IterationLoss)]
    assert printed[3] == pytest.approx(0.80744)
    assert (printed[5], printed[6] < 0) == (0.0, True)  # what Caffe printed
    summed = trace.outputs["loss"] + 0.3 * trace.outputs["aux"]
    assert trace.loss[:-1] == pytest.approx(summed[:-1], rel=2e-5)
    assert trace.loss[-1] == pytest.approx(printed[-1] - printed[-2] + summed[-2], rel=1e-5)  # has no outputs
    assert trace.loss.min() > 0


def test_of_micro_batches_the_outputs_tell_only_the_last() -> None:
    log = (LOGS / "iter-size.log").read_bytes()
    events = list(read_events(log.decode().splitlines()))
    printed = [event.loss for event in events if isinstance(event, IterationLoss)]
    assert any(isinstance(event, Output) for event in events)
    assert read_by_line(log)[0].loss.tolist() == printed


@pytest.mark.parametrize("spikes", [{0: 1e6}, {50: 3e7}, {50: 1e30}, {20: 1e8, 21: 1e7, 60: 1e9}])
def test_whatever_the_spike_the_losses_are_exact(spikes: dict[int, float]) -> None:
    told = outputs(400, spikes) * WEIGHTS
    printed = running(told.sum(axis=1), 1)
    assert not np.allclose(printed, told.sum(axis=1), rtol=1e-3)
    assert exact_loss(printed, told, np.arange(400.0)) == pytest.approx(told.sum(axis=1), rel=2e-5)


@pytest.mark.parametrize("display", [1, 3])
def test_rounding_that_adds_up_is_taken_back(display: int) -> None:
    told = outputs(3000, dict.fromkeys(range(0, 3000, 6), 300.0)) * WEIGHTS
    shown = slice(None, None, display)
    printed, numbers = running(told.sum(axis=1), 1)[shown], np.arange(3000.0)[shown]
    assert not np.allclose(printed, told[shown].sum(axis=1), rtol=2e-5, atol=0)
    assert exact_loss(printed, told[shown], numbers) == pytest.approx(told[shown].sum(axis=1), rel=2e-5)


@pytest.mark.parametrize("spikes", [{}, {0: 1e6}, {50: 3e7}, {50: 1e30}])
@pytest.mark.parametrize("average_loss", [2, 10])
def test_a_mean_over_several_iterations_stays_as_printed(average_loss: int, spikes: dict[int, float]) -> None:
    told = outputs(400, spikes) * WEIGHTS
    printed = running(told.sum(axis=1), average_loss)
    assert exact_loss(printed, told, np.arange(400.0)) is printed


def test_where_a_loss_is_no_output_all_stay_as_printed() -> None:
    told = outputs(400, {50: 1e6}) * WEIGHTS
    printed = running(told.sum(axis=1), 1)
    assert exact_loss(printed, told[:, :1], np.arange(400.0)) is printed
    assert exact_loss(printed, told[:, :0], np.arange(400.0)) is printed


def test_behind_a_spike_that_was_not_displayed_all_stay_as_printed() -> None:
    told = outputs(400, {51: 1e7}) * WEIGHTS
    printed = running(told.sum(axis=1), 1)[::2]
    assert exact_loss(printed, told[::2], np.arange(0.0, 400, 2)) is printed


def test_a_loss_that_is_not_finite_stays() -> None:
    told = outputs(400, {50: 1e7}) * WEIGHTS
    printed = running(told.sum(axis=1), 1)
    printed[300:], told[300:] = np.nan, np.nan
    printed[299] = np.inf
    exact = exact_loss(printed, told, np.arange(400.0))
    assert exact[299] == np.inf
    assert np.isnan(exact[300:]).all()
    assert exact[:299] == pytest.approx(told[:299].sum(axis=1), rel=2e-5)


@pytest.mark.parametrize(("spike", "is_known"), [(1e6, True), (1e14, False)])
def test_the_pass_after_the_last_iteration_has_no_outputs(spike: float, is_known: bool) -> None:
    told = outputs(100, {50: spike, 51: spike / 7}) * WEIGHTS
    printed = running(told.sum(axis=1), 1)
    true, told[-1] = told[-1].sum(), np.nan
    last = exact_loss(printed, told, np.arange(100.0))[-1]
    assert (last == pytest.approx(true, rel=0.01)) if is_known else np.isnan(last)


def test_what_rounding_leaves_of_a_loss_of_zero_is_zero() -> None:
    """A net that answers everything rightly: the running sum keeps a residue, and the last pass has no outputs."""
    printed, told = np.full(60, 1.19209e-07), np.zeros((60, 1))
    printed[:40] = told[:40, 0] = np.linspace(0.7, 0.1, 40)
    told[-1] = np.nan
    exact = exact_loss(printed, told, np.arange(60.0))
    assert exact[40:] == pytest.approx(np.zeros(20), abs=1e-12)
