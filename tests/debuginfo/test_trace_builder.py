"""Which line belongs to which iteration, and what of it the trace keeps."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pytest
from comparing import difference

from autofix.debuginfo import BlobKey, Reader, Trace, TraceBuilder, build_trace, read_events

DATA, WEIGHT = BlobKey("ip", "ip", "top", "data"), BlobKey("ip", "0", "param", "data")
BELOW, SLOPE = BlobKey("ip", "data", "bottom", "diff"), BlobKey("ip", "0", "param", "diff")


def forward(value: float, weight: float = 1.0) -> list[str]:
    return [
        f"[Forward] Layer ip, top blob ip data: {value}",
        f"[Forward] Layer ip, param blob 0 data: {weight}",
    ]


def block(value: float, diff: float = 0.5, weight: float = 1.0) -> list[str]:
    return [
        *forward(value, weight),
        f"[Backward] Layer ip, bottom blob data diff: {diff}",
        f"[Backward] Layer ip, param blob 0 diff: {diff}",
        f"[Backward] All net params (data, diff): L1 norm = ({weight}, {diff}); L2 norm = ({weight}, {diff})",
    ]


def iteration(number: int, loss: float = 1.0, lr: float = 0.1) -> list[str]:
    return [
        f"Iteration {number}, loss = {loss}",
        f"Train net output #0: loss = {loss} (* 1 = {loss} loss)",
        f"Iteration {number}, lr = {lr}",
    ]


def trace_of(*parts: list[str]) -> Trace:
    return build_trace([line for part in parts for line in part])


def test_the_block_belongs_to_the_iteration_line_that_follows_it() -> None:
    trace = trace_of(block(10.0), iteration(0, 3.0), block(20.0), iteration(1, 2.0, 0.05))
    assert trace.iterations.tolist() == [0, 1]
    assert trace.keys == (DATA, WEIGHT, BELOW, SLOPE)
    assert trace.series(DATA).tolist() == [10.0, 20.0]
    assert trace.loss.tolist() == trace.outputs["loss"].tolist() == [3.0, 2.0]
    assert trace.lr.tolist() == [0.1, 0.05]
    assert trace.loss_weights == {"loss": 1.0}
    assert trace.partial is None


def test_logged_tells_a_nan_from_what_was_not_logged() -> None:
    trace = trace_of(block(math.nan), iteration(0, lr=math.nan), forward(5.0), ["Iteration 1, loss = 3"])
    assert trace.logged.tolist() == [[True] * 4, [True, True, False, False]]
    assert np.isnan(trace.values[0, 0])
    assert np.isnan(trace.values[1, 2])
    assert trace.lr_logged.tolist() == [True, False]
    assert np.isnan(trace.lr).all()


def test_add_tells_when_the_row_of_an_iteration_is_complete() -> None:
    lines = [*block(1.0), *iteration(0), *block(1.0), "Iteration 1, loss = 1", *block(1.0), "Iteration 2, loss = 1"]
    lines += ["Optimization Done.", "Iteration 3, lr = 0.1", "Iteration 3, loss = 1"]
    builder = TraceBuilder()
    done = [(event, builder.add(event)) for event in read_events(lines)]
    completed = [(type(event).__name__, number) for event, number in done if number is not None]
    assert completed == [("LearningRate", 0), ("Forward", 1), ("Finished", 2), ("IterationLoss", 3)]


def test_a_snapshot_does_not_change_when_more_comes() -> None:
    builder = TraceBuilder()

    def snapshots() -> Iterator[Trace]:
        for number in range(40):
            for event in read_events([*block(number), *iteration(number)]):
                builder.add(event)
            yield builder.trace()

    early = list(snapshots())
    for number, trace in enumerate(early):
        assert trace.iterations.tolist() == list(range(number + 1))
        assert trace.series(DATA).tolist() == list(range(number + 1))
        with pytest.raises(ValueError, match="read-only"):
            trace.values[0, 0] = 1.0


def test_looking_at_the_trace_in_between_changes_nothing() -> None:
    lines = [*block(1.0)[3:], *iteration(0), *block(2.0), *iteration(1), *block(3.0)[:2]]
    watched, unwatched = TraceBuilder(), TraceBuilder()
    for event in read_events(lines):
        watched.add(event)
        watched.trace()
        unwatched.add(event)
    assert difference(watched.trace(), unwatched.trace()) is None


def test_iter_size_keeps_the_last_micro_batch_and_the_first_bad_value() -> None:
    trace = trace_of(block(1.0, 1.0), block(2.0, 2.0), block(3.0, 3.0), iteration(0))
    assert trace.values.tolist() == [[3.0, 1.0, 3.0, 3.0]]
    assert trace.norms[0].tolist() == [1.0, 3.0, 1.0, 3.0]
    trace = trace_of(block(1.0), block(math.inf), block(3.0, 3.0), iteration(0))
    assert trace.values.tolist() == [[math.inf, 1.0, 3.0, 3.0]]


def test_a_crash_leaves_a_partial_block() -> None:
    trace = trace_of(block(1.0), iteration(10), block(2.0), iteration(20), forward(math.nan))
    assert len(trace) == 2
    assert trace.partial is not None
    assert trace.partial.iteration == 30
    assert trace.partial.logged.tolist() == [True, True, False, False]
    assert np.isnan(trace.partial.values[0])


def test_runs_in_one_log_are_told_apart_and_a_cut_block_keeps_its_row() -> None:
    trace = trace_of(
        ["Solving net"],
        block(1.0),
        iteration(0),
        block(2.0),
        ["F1121 19:36:52.717376 1 a.cpp:1] Check failed: x", "Initializing solver from parameters:", "base_lr: 1"],
        ["Solving net", "Resuming from snap_iter_1.solverstate"],
        block(3.0),
        iteration(1),
        ["Optimization Done."],
    )
    assert trace.iterations.tolist() == [0, 1, 1]
    assert trace.loss_logged.tolist() == [True, False, True]
    assert trace.series(DATA).tolist() == [1.0, 2.0, 3.0]
    assert [(run.row, run.resumed_from) for run in trace.runs] == [(0, None), (2, "snap_iter_1.solverstate")]
    assert trace.restarts == trace.runs[1:]
    assert (trace.fatal, trace.finished) == (None, True)


def test_iterations_that_go_back_begin_a_run_even_without_a_header() -> None:
    trace = trace_of(block(1.0), iteration(100), block(2.0), iteration(0), block(3.0), iteration(1))
    assert trace.iterations.tolist() == [100, 0, 1]
    assert [run.row for run in trace.runs] == [0, 1]


def test_a_log_that_starts_in_the_middle_of_a_block_still_has_its_keys_in_order() -> None:
    trace = trace_of(block(1.0)[2:], iteration(5), block(2.0), iteration(6))
    assert trace.keys == (DATA, WEIGHT, BELOW, SLOPE)
    assert trace.logged.tolist() == [[False, False, True, True], [True] * 4]


def test_a_log_that_starts_in_a_test_pass_does_not_count_it_as_training() -> None:
    test_only = ["[Forward] Layer acc, top blob acc data: 0.5"]
    trace = trace_of(forward(9.0), test_only, ["Test net output #0: acc = 0.5"], block(1.0), iteration(0))
    assert trace.series(DATA).tolist() == [1.0]
    assert trace.layers == ("ip",)


def test_test_results_are_kept_by_iteration_and_net() -> None:
    lines = ["Iteration 0, Testing net (#0)", *forward(9.0), "Test net output #0: acc = 0.5", "Test loss: 2"]
    lines += ["Iteration 0, Testing net (#1)", *forward(9.0), "Test score #0: 0.1", "Test score #1: 0.2"]
    lines += ["Iteration 5, Testing net (#0)", "Test net output #0: p = 1", "Test net output #1: p = 2"]
    assert trace_of(lines).tests == {
        (0, 0): {"acc": 0.5, "loss": 2.0},
        (0, 1): {"score 0": 0.1, "score 1": 0.2},
        (5, 0): {"p": 1.0, "p[1]": 2.0},
    }


def test_after_a_test_net_without_outputs_the_last_forward_pass_is_trainings() -> None:
    test = ["Iteration 0, Testing net (#0)", *forward(7.0), *forward(8.0)]
    trace = trace_of(test, block(1.0), iteration(0), block(2.0), iteration(1))
    assert trace.series(DATA).tolist() == [1.0, 2.0]
    assert trace.logged.all()


def test_several_gpus_print_several_totals_and_an_infinite_one_stays() -> None:
    def totals(norm: float) -> str:
        return f"[Backward] All net params (data, diff): L1 norm = (1, {norm}); L2 norm = (1, {norm})"

    trace = trace_of(block(1.0), [totals(math.inf), totals(2.0)], iteration(0), block(1.0), iteration(1), [totals(3)])
    assert trace.norms[:, 1].tolist() == [math.inf, 3.0]
    assert trace.partial is None


def test_update_lines_of_old_logs_belong_to_the_iteration_line_before_them() -> None:
    update = ["[Update] Layer ip, param 0 data: 1; diff: 0.01"]
    trace = trace_of(block(1.0), iteration(0), update, block(2.0), iteration(1), update)
    assert trace.series(BlobKey("ip", "0", "update", "diff")).tolist() == [0.01, 0.01]
    assert trace.partial is None


def test_logs_of_early_2014_print_the_rate_first() -> None:
    trace = trace_of(["Iteration 20, lr = 0.01", "Iteration 20, loss = 6", "Iteration 40, lr = 0.01"])
    assert trace.iterations.tolist() == [20, 40]
    assert trace.loss_logged.tolist() == [True, False]
    assert trace.lr.tolist() == [0.01, 0.01]


def test_an_output_blob_with_several_values_has_several_series() -> None:
    outputs = ["Train net output #0: p = 1", "Train net output #1: p = 2", "Train net output #2: loss = 3"]
    trace = trace_of(["Iteration 0, loss = 3", *outputs, "Iteration 1, loss = 3", *outputs])
    assert {name: series.tolist() for name, series in trace.outputs.items()} == {
        "p": [1.0, 1.0],
        "p[1]": [2.0, 2.0],
        "loss": [3.0, 3.0],
    }
    assert trace.loss_weights == {}


def test_a_loss_behind_more_outputs_than_are_kept_is_kept() -> None:
    """A blob of many values that nothing reads: every one is an output. Once a traceback."""
    outputs = [f"Train net output #{index}: ip = 0" for index in range(5000)]
    loss = "Train net output #5000: loss = 3 (* 1 = 3 loss)"
    trace = trace_of(["Iteration 0, loss = 3", *outputs, loss, "Iteration 0, lr = 0.1"])
    assert len(trace.outputs) < 5000
    assert trace.outputs["loss"].tolist() == [3.0]
    assert trace.loss_weights == {"loss": 1.0}
    assert not trace.bad_rows.any()


def test_clipping_is_kept_with_its_iteration() -> None:
    clip = ["Gradient clipping: scaling down gradients (L2 norm 12.5 > 10) by scale factor 0.8"]
    trace = trace_of(block(1.0), iteration(0), clip, block(1.0), iteration(1))
    np.testing.assert_array_equal(trace.clip_scale, [0.8, math.nan])


def test_lookups_of_what_was_never_logged() -> None:
    trace = trace_of(block(1.0), iteration(0))
    assert trace.param_data("ip", 1) is trace.param_diff("ip", 7) is None
    assert trace.tops("nowhere") == ()
    with pytest.raises(KeyError):
        trace.series(BlobKey("ip", "ip", "bottom", "diff"))


def test_a_log_without_debug_info_has_loss_and_rate_only() -> None:
    trace = trace_of(iteration(0), iteration(100))
    assert (len(trace), trace.keys, trace.values.shape) == (2, (), (2, 0))
    assert not trace.has_debug_info


def test_a_very_long_log_is_thinned_but_not_at_its_ends_nor_around_the_first_bad_value() -> None:
    count, bad = 10_000, 7_001
    builder, reader = TraceBuilder(max_cells=4 * 1000), Reader()
    for number in range(count):
        for line in [*block(math.nan if number >= bad else number), *iteration(number)]:
            for event in reader.feed(line):
                builder.add(event)
    trace = builder.trace()
    kept = trace.iterations.tolist()
    assert len(trace) <= 1000
    assert trace.stride > 1
    assert {*range(32), *range(bad - 32, bad + 32), *range(count - 32, count)} <= set(kept)
    assert max(np.diff(kept[: kept.index(bad)])) <= trace.stride
    np.testing.assert_array_equal(trace.series(DATA)[: kept.index(bad)], kept[: kept.index(bad)])
