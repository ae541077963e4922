"""The heat map's facts, on recorded logs of real Caffe and against a slow, obvious twin."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from autofix.debuginfo import is_bad, read_trace
from autofix.report.heat import MAX_COLUMNS, MAX_ROWS, heat

LOGS = Path(__file__).parents[1] / "debuginfo/logs"


def traced(name):
    return read_trace(LOGS / f"{name}.log")


@pytest.mark.parametrize(
    ("log", "kind", "label", "iteration"),
    [
        ("nan-forward", "data", "log it", 7),
        ("nan-backward", "diff", "root", 5),
        ("nan-update", "data", "fc1[0]", 1),
        ("nan-input", "data", "input data", 5),
    ],
)
def test_where_the_trouble_began_is_marked(log, kind, label, iteration):
    trace = traced(log)
    seen = heat(trace, kind)
    row, column = seen.started
    assert seen.labels[row] == label
    assert seen.iterations[column] == iteration
    assert np.isinf(seen.values[row, column])
    other = heat(trace, "diff" if kind == "data" else "data")
    assert other.started is None


@pytest.mark.parametrize("log", ["healthy", "vanishing", "exploding", "late-collapse", "nan-backward", "iter-size"])
@pytest.mark.parametrize("kind", ["data", "diff"])
def test_each_column_holds_the_largest_value_of_its_iterations(log, kind):
    trace = traced(log)
    seen = heat(trace, kind)
    keys = [key for layer in trace.layers for key in trace.keys if key.layer == layer and key.kind == kind]
    keys = [key for key in keys if "_split" not in key.layer]
    assert len(keys) == len(seen.labels)
    begin = 0
    for column, end in enumerate(seen.iterations):
        rows = [row for row, iteration in enumerate(trace.iterations) if begin <= iteration <= end]
        for index, key in enumerate(keys):
            values = [trace.series(key)[row] for row in rows if trace.logged[row, trace.column(key)]]
            wanted = max((np.inf if is_bad(value) else value for value in values), default=np.nan)
            np.testing.assert_equal(seen.values[index, column], wanted)
        begin = end + 1
    end = 8 if log == "nan-backward" else int(trace.iterations[-1])  # soon after its NaN in iteration 5
    assert begin == end + 1
    assert len(seen.iterations) <= MAX_COLUMNS


def test_the_last_words_of_a_crash_are_shown_if_they_tell_of_it():
    trace = traced("crash")
    assert len(heat(trace, "data").iterations) == len(trace)  # its torn block is finite


def test_hidden_blobs_are_left_out():
    trace = traced("healthy")
    labels = heat(trace, "data").labels
    hidden = heat(trace, "data", frozenset({trace.keys[1].blob})).labels
    assert len(hidden) == len(labels) - 1


def test_a_log_without_debug_info_has_none():
    assert heat(traced("no-debug-info"), "data") is None


def test_of_a_very_deep_net_the_weights_are_shown_and_where_it_began(tmp_path):
    lines = []
    for iteration in range(3):
        for layer in range(200):
            bad = "nan" if (layer, iteration) == (77, 2) else "0.5"
            lines += [
                f"    [Forward] Layer l{layer}, top blob l{layer} data: {bad}",
                f"    [Forward] Layer l{layer}, param blob 0 data: 0.1",
                f"    [Forward] Layer l{layer}, param blob 1 data: 0.1",
            ]
        lines += [f"Iteration {iteration}, loss = 1", f"Iteration {iteration}, lr = 0.1"]
    (tmp_path / "caffe.log").write_text("".join(f"I1109 12:00:00.123456  1234 net.cpp:593] {x}\n" for x in lines))
    seen = heat(read_trace(tmp_path / "caffe.log"), "data")
    assert len(seen.labels) <= MAX_ROWS + 1
    assert seen.left_out == 600 - len(seen.labels)
    assert seen.labels[seen.started[0]] == "l77"
    assert set(seen.labels) - {"l77"} <= {f"l{layer}[0]" for layer in range(200)}
