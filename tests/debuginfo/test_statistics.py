"""BatchNorm's statistics and a dead LSTM's weights, in a log that does not say what its layers are."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from autofix.debuginfo import Trace, read_trace


def trace(folder: Path, params: Sequence[Sequence[float]], top: float = 0.8, diff: float = 0) -> Trace:
    """A log of one layer; ``params`` are the values of its parameters in each iteration."""
    lines = []
    for iteration, values in enumerate(params):
        lines.append(f"[Forward] Layer it, top blob it data: {top}")
        lines += [f"[Forward] Layer it, param blob {index} data: {value}" for index, value in enumerate(values)]
        lines += [f"[Backward] Layer it, param blob {index} diff: {diff}" for index in range(len(values))]
        lines += [f"Iteration {iteration}, loss = 1", f"Iteration {iteration}, lr = 0.1"]
    (folder / "log").write_text("\n".join(lines) + "\n")
    return read_trace(str(folder / "log"))


LAYERS = {  # parameters over the iterations, whether they are statistics
    "from scratch": ([(0.1, 1.2, 1), (0.22, 2.3, 1.999), (0.3, 3.3, 2.997)], True),
    "one iteration": ([(0.1, 1.2, 999.98)], True),
    "a fraction of 0.9, whose count is full": ([(1.1, 9.9, 10), (1.2, 9.8, 10), (1.1, 9.7, 10)], True),
    "stored ones": ([(120, 900, 999.98)] * 3, True),
    "stored ones that are not there": ([(0, 0, 0)] * 3, True),
    "an LSTM that is dead": ([(0.09, 0.4, 0.11)] * 3, False),
    "a dead one whose weights decay": ([(0.09, 0.4, 3.3), (0.089, 0.39, 3.2), (0.088, 0.38, 3.1)], False),
    "a dead one with large weights": ([(2.5, 4, 3.3)] * 3, False),
    "a dead one that momentum carries on": ([(274, 1568, 508), (293, 1675, 543), (309, 1770, 574)], False),
    "an RNN": ([(1, 1, 1, 1, 1), (1, 1, 2, 1, 1)], False),
}


@pytest.mark.parametrize(("params", "are"), LAYERS.values(), ids=LAYERS)
def test_statistics_are_told_from_dead_weights(params: list[tuple[float, ...]], are: bool, tmp_path: Path) -> None:
    assert trace(tmp_path, params).keeps_statistics("it") is are


def test_what_has_a_gradient_or_puts_nothing_out_is_no_statistic(tmp_path: Path) -> None:
    scratch, nothing = LAYERS["from scratch"][0], LAYERS["stored ones that are not there"][0]
    assert not trace(tmp_path, scratch, diff=0.1).keeps_statistics("it")
    assert not trace(tmp_path, nothing, top=0).keeps_statistics("it")
