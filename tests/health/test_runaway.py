"""What a loss below zero means depends on how often, how far, and behind what it is there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from autofix.health import View
from autofix.health.checks.h107_below_zero import BelowZero
from autofix.health.runaway import ROUNDING

Recorded = Callable[[str], View]

LOSSES = {
    "never": ([], 0),
    "twice, as a slip may": ([-0.5, -0.5], 0),
    "three times": ([-0.5, -0.5, -0.5], 1),
    "less than a thousandth of the first": ([-0.9e-3] * 5, 0),
    "more than that": ([-1.2e-3] * 5, 1),
    "within what float32 lost behind a spike": ([1e6, *[-0.9 * ROUNDING * 1e6] * 5], 0),
    "beyond that": ([1e6, *[-1.1 * ROUNDING * 1e6] * 5], 1),
    "before the spike that would explain it": ([*[-0.5] * 3, 1e6], 1),
    "not a number, which is another check's": ([np.nan] * 5, 0),
}


@pytest.mark.parametrize(("later", "findings"), LOSSES.values(), ids=LOSSES)
def test_below_zero(later: list[float], findings: int, recorded: Recorded) -> None:
    view = recorded("health/below-zero")
    loss = np.full(len(view), 0.7)
    loss[0] = 1.0
    loss[5 : 5 + len(later)] = later
    found = list(BelowZero().examine(replace(view, trace=replace(view.trace, loss=loss))))
    assert len(found) == findings


def test_a_net_whose_loss_may_be_below_zero_is_left_alone(recorded: Recorded) -> None:
    view = recorded("health/below-zero")
    assert view.net is not None
    trace = replace(view.trace, net_text=view.trace.net_text.replace("SigmoidCrossEntropyLoss", "InfogainLoss"))
    assert list(BelowZero().examine(View(view.facts, trace))) == []
    assert list(BelowZero().examine(View(view.facts, replace(trace, net_text="")))) == []
