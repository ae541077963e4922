"""The way trouble travels: which value went first, and which then."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from autofix.debuginfo import BlobKey, FirstBad, Trace, first_bad
from autofix.debuginfo.finite import are_bad
from autofix.debuginfo.first_bad import Step as Phase
from autofix.debuginfo.first_bad import is_weight
from autofix.debuginfo.trace import BoolArray
from autofix.health.checks.h103_exploding import Exploding

MOST = 200  # steps that are told
Trouble: TypeAlias = Literal["not finite", "exploding"]


@dataclass(frozen=True, slots=True)
class Step:
    """One value that went; fields as in `FirstBad`."""

    iteration: int
    phase: Phase
    layer: str | None
    blob: str | None
    kind: Literal["data", "diff", "loss", "lr"]
    value: float


def travelled(trace: Trace) -> tuple[Step, ...]:
    """Return the values in the order in which they went NaN or infinite; if none did, in which they passed 1e8."""
    bad = first_bad(trace)
    if bad is not None:
        first = Step(bad.iteration, bad.phase, bad.layer, bad.blob, bad.kind, bad.value)
        others = [step for step in _steps(trace, _not_finite(trace)) if not _same(step, first)]
        return (first, *others)[:MOST]
    return tuple(_steps(trace, _exploding(trace)))[:MOST] if len(trace) else ()


def _steps(trace: Trace, wild: BoolArray) -> Iterator[Step]:
    """The first wild value of every column in order: by iteration, weights, outputs, gradients, steps."""
    columns = np.flatnonzero(wild.any(axis=0))
    rows = np.argmax(wild[:, columns], axis=0)
    went = sorted(zip(rows.tolist(), (_turn(trace, trace.keys[c]) for c in columns), columns.tolist(), strict=True))
    loss_row = _loss_row(trace)
    for row, turn, column in went:
        if loss_row is not None and (row, turn) >= (loss_row, _BACKWARD):
            yield _loss(trace, loss_row)
            loss_row = None
        key = trace.keys[column]
        yield Step(
            int(trace.iterations[row]), _PHASES[turn], key.layer, key.blob, key.kind, float(trace.values[row, column])
        )
    if loss_row is not None:
        yield _loss(trace, loss_row)


_WEIGHTS, _FORWARD, _BACKWARD, _UPDATE = 0, 1, 2, 3
_PHASES: dict[int, Phase] = {_WEIGHTS: "update", _FORWARD: "forward", _BACKWARD: "backward", _UPDATE: "update"}


def _turn(trace: Trace, key: BlobKey) -> int:
    """When in an iteration a value comes; what ``[Update]`` lines tell of the weights is from before the step."""
    if key.kind == "diff":
        return _UPDATE if key.role == "update" else _BACKWARD
    return _WEIGHTS if is_weight(trace, key) else _FORWARD


def _not_finite(trace: Trace) -> BoolArray:
    return trace.bad


def _exploding(trace: Trace) -> BoolArray:
    """As check H103 sees them."""
    return Exploding.growth.wild(trace.values)


def _loss_row(trace: Trace) -> int | None:
    rows = np.flatnonzero(are_bad(trace.loss) & trace.loss_logged)
    return int(rows[0]) if len(rows) else None


def _loss(trace: Trace, row: int) -> Step:
    return Step(int(trace.iterations[row]), "loss", None, None, "loss", float(trace.loss[row]))


def _same(step: Step, first: Step | FirstBad) -> bool:
    return (step.iteration, step.layer, step.blob, step.kind) == (first.iteration, first.layer, first.blob, first.kind)
