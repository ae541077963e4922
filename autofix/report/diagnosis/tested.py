"""Tests that went wrong while the training did not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from autofix.debuginfo import Trace, first_bad, is_bad
from autofix.health import Finding, Remedy, Severity
from autofix.health.checks.h102_saturated import Saturated
from autofix.health.rulings import SATURATED

_REMEDY = Remedy(
    "look at what the TEST phase has of its own: its data set, scale, mean and labels, and layers that act differently "
    "there, as BatchNorm does"
)


@dataclass(frozen=True, slots=True)
class BadTest:
    """The first output of a test that is no number, or a loss at the ceiling of SoftmaxWithLoss."""

    iteration: int
    net: int
    output: str
    value: float

    def __str__(self) -> str:
        return f"the test of iteration {self.iteration} (test net {self.net}) gave {self.output} {self.value:.6g}"


def bad_test(trace: Trace) -> BadTest | None:
    """Return the first bad test of a training that is sound itself, else None."""
    if not len(trace) or first_bad(trace) is not None:
        return None
    end = _end(trace)
    mine = ((test, outputs) for test, outputs in trace.tests.items() if test[0] <= end)
    bad = (
        BadTest(*test, name, value)
        for test, outputs in mine
        for name, value in outputs.items()
        if is_bad(value) or (abs(value - SATURATED) < Saturated.near and _is_loss(trace, name))
    )
    return min(bad, key=lambda found: found.iteration, default=None)


def _is_loss(trace: Trace, output: str) -> bool:
    """Whether an output is a loss, as training's of that name are, or the name says; an accuracy may be in percent."""
    return output in trace.loss_weights or "loss" in output


def test_findings(trace: Trace) -> Iterator[Finding]:
    """Yield a finding if a test went wrong while every number of training is sound."""
    if (bad := bad_test(trace)) is None:
        return
    if trace.iterations[-1] >= bad.iteration:
        told = "while every number of training is finite, also after that"
    else:
        told = f"and the log does not show what became of training after iteration {trace.iterations[-1]}"
    text = str(bad)
    yield Finding(
        "D103",
        "a test went wrong",
        Severity.WARNING,
        f"{text[0].upper()}{text[1:]}, {told}.",
        iteration=bad.iteration,
        remedy=_REMEDY,
    )


def _end(trace: Trace) -> int:
    """The iteration that a test behind the last row may have; tests of other runs in the log may come later."""
    step = int(trace.iterations[-1] - trace.iterations[-2]) if len(trace) > 1 else 1
    return int(trace.iterations[-1]) + max(step, 1)
