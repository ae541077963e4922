"""The trainings in a log of several runs."""

from __future__ import annotations

import numpy as np
import pytest

from autofix.debuginfo import (
    Backward,
    BlobKey,
    Fatal,
    Finetuned,
    Finished,
    Forward,
    IterationLoss,
    NetText,
    Output,
    Resumed,
    SolverText,
    TestStart,
    Trace,
    TraceBuilder,
    continues,
    first_bad,
    history,
    with_orphan,
    without_torn_start,
)


def log(*runs: tuple[list[int], str | None], net: str = "") -> Trace:
    """A log of runs, each with iterations and the snapshot it was resumed from; each loss is its place in the log."""
    builder, place = TraceBuilder(), 0
    for iterations, snapshot in runs:
        builder.add(SolverText("base_lr: 1\n"))
        builder.add(NetText(net, "train"))
        if snapshot is not None:
            builder.add(Resumed(snapshot))
        for iteration in iterations:
            builder.add(Forward("fc", "fc", 1.0))
            builder.add(IterationLoss(iteration, float(place)))
            place += 1
    return builder.trace()


CASES = {
    "one run": ([([0, 1, 2], None)], 0, [0, 1, 2]),
    "two trainings, the last": ([([0, 1, 2], None), ([0, 1], None)], 1, [3, 4]),
    "two trainings, the first": ([([0, 1, 2], None), ([0, 1], None)], 0, [0, 1, 2]),
    "resumed where it ended": ([([0, 1, 2], None), ([2, 3], "s")], 1, [0, 1, 3, 4]),
    "resumed from further back": ([([0, 1, 2, 3], None), ([2, 3], "s")], 1, [0, 1, 4, 5]),
    "resumed, the first run alone": ([([0, 1, 2, 3], None), ([2, 3], "s")], 0, [0, 1, 2, 3]),
    "resumed without a word": ([([0, 10, 20], None), ([10, 20], None)], 1, [0, 3, 4]),
    "resumed at the next displayed one": ([([0, 10, 20], None), ([30, 40], "s")], 1, [0, 1, 2, 3, 4]),
    "resumed from another training's snapshot": ([([0, 10, 20], None), ([500, 510], "s")], 1, [3, 4]),
    "resumed twice": ([([0, 1, 2, 3], None), ([2, 3, 4], "s"), ([3, 4], "s")], 2, [0, 1, 4, 7, 8]),
    "resumed, nothing yet": ([([0, 1], None), ([], "s")], 1, [0, 1]),
    "started anew, nothing yet": ([([0, 1], None), ([], None)], 1, []),
}


@pytest.mark.parametrize(("runs", "run", "losses"), CASES.values(), ids=CASES)
def test_history(runs: list[tuple[list[int], str | None]], run: int, losses: list[int]) -> None:
    training = history(log(*runs), run)
    assert training.loss.tolist() == losses
    assert np.all(np.diff(training.iterations) > 0)
    assert [each.row for each in training.runs] == sorted(each.row for each in training.runs)


def test_tests_go_with_the_last_run() -> None:
    """A later run's have taken the place of an earlier one's, where both tested after as many iterations."""
    builder = TraceBuilder()
    for value in (1.0, 2.0):
        builder.add(SolverText("base_lr: 1\n"))
        builder.add(TestStart(0, 0))
        builder.add(Output("test", 0, "accuracy", value))
        builder.add(IterationLoss(0, 0.7))
    assert history(builder.trace(), 0).tests == {}
    assert history(builder.trace(), 1).tests == {(0, 0): {"accuracy": 2.0}}


def test_a_run_knows_how_it_ended_and_what_it_was_made_of() -> None:
    builder = TraceBuilder()
    for number, event in enumerate((Fatal("no", "a.cpp", 1), Finished(early=True), None)):
        builder.add(SolverText(f"max_iter: {number}\n"))
        builder.add(NetText(f'name: "{number}"\n', "train"))
        builder.add(Finetuned(f"{number}.caffemodel"))
        builder.add(IterationLoss(0, 1.0))
        if event is not None:
            builder.add(event)
    trace = builder.trace()
    assert [run.fatal is not None for run in trace.runs] == [True, False, False]
    assert [run.stopped_early for run in trace.runs] == [False, True, False]
    assert [history(trace, run).solver_text for run in range(3)] == [f"max_iter: {run}\n" for run in range(3)]
    assert [history(trace, run).finetuned_from for run in range(3)] == [(f"{run}.caffemodel",) for run in range(3)]
    assert history(trace, 0).net_text == 'name: "0"\n'


def test_only_the_columns_of_its_own_net_are_kept() -> None:
    builder = TraceBuilder()
    for layer in ("old", "new"):
        builder.add(SolverText(""))
        builder.add(NetText(f'name: "{layer}"\n', "train"))
        builder.add(Forward(layer, layer, 1.0))
        builder.add(IterationLoss(0, 1.0))
    trace = builder.trace()
    assert [history(trace, run).layers for run in (0, 1)] == [("old",), ("new",)]


def test_the_first_run_continues_nothing() -> None:
    assert not continues(log(([0, 1], None)), 0)


def test_an_orphan_becomes_a_row_without_a_loss() -> None:
    builder = TraceBuilder()
    builder.add(Forward("fc", "fc", 1.0))
    builder.add(Backward("fc", "0", 1.0, is_param=True))
    builder.add(IterationLoss(0, 0.5))
    builder.add(Forward("fc", "fc", float("nan")))
    trace = with_orphan(builder.trace())
    assert trace.iterations.tolist() == [0, 1]
    assert trace.loss_logged.tolist() == [True, False]
    assert trace.partial is None
    assert np.isnan(trace.series(BlobKey("fc", "fc", "top", "data"))[1])
    assert repr(first_bad(trace)) == repr(first_bad(builder.trace()))
    assert with_orphan(trace) is trace


@pytest.mark.parametrize(("bad", "kept"), [(None, [1, 2]), (0, [0, 1, 2]), (1, [0, 1, 2]), (2, [1, 2])])
def test_a_block_whose_beginning_is_missing_goes_if_the_next_is_sound(bad: int | None, kept: list[int]) -> None:
    builder = TraceBuilder()
    for iteration in range(3):
        if iteration:
            builder.add(Forward("data", "data", 1.0))
        builder.add(Forward("fc", "fc", float("nan") if iteration == bad else 1.0))
        builder.add(IterationLoss(iteration, 0.5))
    trace = without_torn_start(builder.trace())
    assert trace.iterations.tolist() == kept
    assert trace.keys[0].layer == "data"
