"""What must be read from the logs that ``studies.recorded`` recorded, in every dialect and both ways."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from comparing import difference, read_by_line, read_in_bulk
from dialects import DIALECTS

from autofix.debuginfo import Forward, NetNorms, Trace, first_bad, read_events, read_trace

LOGS = sorted((Path(__file__).parent / "logs").glob("*.log"))


def _first_bad(trace: Trace, expected: dict[str, Any] | None) -> bool:
    found = first_bad(trace)
    if expected is None or found is None:
        return found is expected
    return all(getattr(found, name) == value for name, value in expected.items())


def _zero(trace: Trace, expected: list[list[Any]]) -> bool:
    zero = [
        (layer, index)
        for layer in trace.layers
        for index in range(len(trace.params(layer)))
        if (key := trace.param_diff(layer, index)) and np.nanmax(trace.series(key)) == 0
    ]
    return zero == [tuple(param) for param in expected]


FACTS: dict[str, Callable[[Trace, Any], bool]] = {
    "first_bad": _first_bad,
    "iterations": lambda trace, expected: trace.iterations.tolist() == expected,
    "finished": lambda trace, expected: trace.finished is expected,
    "tests": lambda trace, expected: [list(test) for test in trace.tests] == expected,
    "zero": _zero,
    "above": lambda trace, expected: bool(np.nanmax(trace.values) > expected),
    "keys": lambda trace, expected: len(trace.keys) == expected,
    "layer": lambda trace, expected: expected in trace.layers,
    "loss_weights": lambda trace, expected: trace.loss_weights == expected,
    "outputs": lambda trace, expected: list(trace.outputs) == expected,
    "runs": lambda trace, expected: [[run.row, run.resumed_from] for run in trace.runs] == expected,
    "sharing": lambda trace, expected: [[s.layer, s.name, s.owner, s.index] for s in trace.sharing] == expected,
    "clipped": lambda trace, expected: bool((trace.clip_scale < 1).any()) is expected,
    "fatal": lambda trace, expected: trace.fatal is not None and trace.fatal.file == expected,
    "partial": lambda trace, expected: (
        trace.partial is not None
        and list(dict.fromkeys(trace.keys[k].layer for k in np.flatnonzero(trace.partial.logged))) == expected
    ),
}


@pytest.mark.parametrize("path", LOGS, ids=lambda path: path.stem)
def test_what_the_training_was_made_to_show_is_read(path: Path) -> None:
    trace = read_trace(path)
    for fact, expected in json.loads(path.with_suffix(".json").read_text()).items():
        if fact in FACTS:
            assert FACTS[fact](trace, expected), fact


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("path", LOGS, ids=lambda path: path.stem)
def test_every_dialect_and_both_ways_of_reading_give_the_same_trace(path: Path, dialect: str) -> None:
    # Without a prefix nothing tells the severity and the source file of a line; the lost last line ends the log.
    lost = {"fatal", "complaints", "finished", "runs"} if dialect != "as recorded" else set()
    log = DIALECTS[dialect](path.read_text()).encode()
    trace, reader = read_by_line(log)
    assert difference(read_trace(path), trace, but_for=lost) is None
    for block in (1 << 20, 3000):
        fast, fast_reader = read_in_bulk(log, block)
        assert difference(trace, fast) is None
        assert (fast_reader.lines, fast_reader.torn) == (reader.lines, reader.torn)


@pytest.mark.parametrize("path", LOGS, ids=lambda path: path.stem)
def test_a_log_cut_anywhere_is_read_the_same_both_ways(path: Path) -> None:
    log = path.read_bytes()
    for cut in np.random.default_rng(7).integers(0, len(log), 10):
        for part in (log[:cut], log[cut:]):
            slow, reader = read_by_line(part)
            fast, fast_reader = read_in_bulk(part, 5000)
            assert difference(slow, fast) is None
            assert (fast_reader.lines, fast_reader.torn) == (reader.lines, reader.torn)


def test_nothing_of_a_test_pass_reaches_the_trace() -> None:
    path = next(path for path in LOGS if path.stem == "healthy")
    events = list(read_events(path.read_text().splitlines()))
    tested = [event for event in events if isinstance(event, Forward) and event.phase == "test"]
    trained = [event for event in events if isinstance(event, Forward) and event.phase == "train"]
    tops_and_params = 10
    assert len(tested) == 3 * 2 * tops_and_params  # test_interval 10 of 20, test_iter 2
    assert len(trained) == 21 * tops_and_params


def test_iter_size_prints_a_block_for_each_micro_batch_and_the_last_holds_the_sum() -> None:
    path = next(path for path in LOGS if path.stem == "iter-size")
    trace = read_trace(path)
    norms = [event for event in read_events(path.read_text().splitlines()) if isinstance(event, NetNorms)]
    assert len(norms) == 4 * 10  # max_iter 10; the last pass is forward only
    assert trace.norms[0].tolist() == [norms[3].l1_data, norms[3].l1_diff, norms[3].l2_data, norms[3].l2_diff]


def test_a_vanishing_gradient_shrinks_layer_by_layer_towards_the_input() -> None:
    trace = read_trace(next(path for path in LOGS if path.stem == "vanishing"))
    keys = [trace.param_diff(f"fc{number}", 0) for number in range(1, 7)]
    means = [trace.series(key)[:-1].mean() for key in keys if key]
    assert len(means) == 6
    assert all(below < above / 2 for below, above in pairwise(means))


def test_names_of_shared_parameters_are_found_by_index() -> None:
    trace = read_trace(next(path for path in LOGS if path.stem == "shared-and-clipped"))
    assert [key.blob for key in trace.params("fc1")] == ["w", "b"]
    for layer in ("fc1", "fc2", "score"):
        for index in (0, 1):
            data, diff = trace.param_data(layer, index), trace.param_diff(layer, index)
            assert data is not None
            assert diff is not None
            assert (data.layer, diff.layer, diff.blob) == (layer, layer, str(index))


def test_setup_lines_tell_shapes_and_wiring_of_the_train_net_alone() -> None:
    trace = read_trace(next(path for path in LOGS if path.stem == "healthy"))
    assert trace.shapes["fc1", "fc1"] == (8, 8)
    assert trace.shapes["act1", "fc1"] == (8, 8)  # in place
    assert trace.bottoms["loss"] == ("score", "label")
    assert "phase: TRAIN" in trace.net_text
    assert trace.solver_text.startswith("test_iter: 2\n")
