"""The three questions to ask of a training's log, answered.

Where did the first NaN come from? Are the magnitudes reasonable? Do gradients reach every layer?
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from autofix.debuginfo import BlobKey, FirstBad, Trace, first_bad, is_bad, listed, quoted
from autofix.debuginfo.trace import FloatArray, Kind
from autofix.health import View
from autofix.health.blame import culprit
from autofix.health.checks.h103_exploding import Exploding
from autofix.health.checks.h202_vanishing import Vanishing
from autofix.report.diagnosis.layers import LayerRow, LayerTable
from autofix.report.diagnosis.tested import bad_test

NOT_LOGGED = "The log does not tell: it has no debug_info lines."
WATCHED = 1e4  # mean absolute value that is worth a word, long before it explodes


@dataclass(frozen=True, slots=True)
class Answers:
    """One or two plain sentences for each question."""

    not_finite: str
    magnitudes: str
    gradients: str


def answers(view: View, table: LayerTable) -> Answers:
    """Answer the questions."""
    if not view.trace.has_debug_info:
        return Answers(_not_finite(view), NOT_LOGGED, NOT_LOGGED)
    return Answers(_not_finite(view), _magnitudes(view.trace), _gradients(table))


def _not_finite(view: View) -> str:
    trace, bad = view.trace, first_bad(view.trace)
    if bad is None:
        if (test := bad_test(trace)) is not None and is_bad(test.value):
            return f"Not from training, where every logged number is finite; but {test}."
        return "Nowhere: every logged number is finite." if len(trace) else "The log shows no iteration."
    sentence = f"{_where(trace, bad)}, iteration {bad.iteration}: {bad.value:g}."
    rows = np.flatnonzero(trace.iterations == bad.iteration)
    before = int(trace.iterations[rows[0] - 1]) if len(rows) and rows[0] else bad.iteration - 1
    if bad.layer is None and (largest := culprit(view, bad)) is not None:
        sentence += f" Largest {'are the gradients' if bad.kind == 'diff' else 'are the weights'} of {_name(largest)}."
    if bad.kind == "loss" and not trace.logged[rows].any():
        sentence += " In which layer it began is not in the log."
    if bad.iteration - before > 1:
        sentence += f" What happened between iterations {before} and {bad.iteration} is not in the log."
    return sentence


def _where(trace: Trace, bad: FirstBad) -> str:
    """The place of the first bad value in a few words."""
    if bad.layer is None:
        return {"loss": "The loss", "lr": "The learning rate", "data": "The norm of all weights"}.get(
            bad.kind, "The norm of all gradients"
        )
    if bad.phase == "update" and bad.kind == "diff":
        return f"Layer {quoted(bad.layer)}, the step of parameter {quoted(bad.blob or '')}, in the update"
    is_param = bad.phase == "update" or (bad.layer, bad.blob, "param", bad.kind) in trace.keys
    blob = f"{'parameter' if is_param else 'blob'} {quoted(bad.blob or '')} ({bad.kind})"
    when = "before the" if bad.phase == "update" else "in the"
    return f"Layer {quoted(bad.layer)}, {blob}, {when} {_PASSES[bad.phase]} pass"


_PASSES = {"update": "forward", "forward": "forward", "backward": "backward"}


def _magnitudes(trace: Trace) -> str:
    finite = np.where(trace.logged & ~trace.bad, trace.values, -1.0)
    largest = [found for kind in ("data", "diff") if (found := _largest(trace, kind, finite)) is not None]
    if not largest:
        return "No value is finite."
    reached = max(value for _, _, value in largest)
    if reached >= Exploding.growth.huge:
        verdict = "No: 1e8 and more is exploding."
    elif reached >= WATCHED:
        verdict = "Not exploding, which begins at about 1e8, but large."
    else:
        verdict = "Yes: far below 1e8, where values explode."
    told = ", ".join(
        f"that of a {'gradient' if key.kind == 'diff' else 'blob'} {value:.3g} ({_name(key)}, iteration {iteration})"
        for key, iteration, value in largest
    )
    return f"{verdict} The largest finite mean absolute value: {told}."


def _largest(trace: Trace, kind: Kind, finite: FloatArray) -> tuple[BlobKey, int, float] | None:
    """The largest value of a kind, with its blob and iteration.

    Args:
        finite: ``[N, K]``, the values; -1 where none is logged or it is not finite.
    """
    peaks = finite.max(axis=0, initial=-1.0)
    columns = [column for column, key in enumerate(trace.keys) if key.kind == kind and key.role != "update"]
    peak = max(peaks[columns], default=-1.0)
    if peak < 0:
        return None
    row, column = min((int(np.argmax(finite[:, column])), column) for column in columns if peaks[column] == peak)
    return trace.keys[column], int(trace.iterations[row]), float(peak)


def _gradients(table: LayerTable) -> str:
    rows = [row for row in table.rows if np.isfinite(row.gradient.last)]
    if not rows:
        return "The log has no gradients of weights."
    at = f"at iteration {table.last}"
    zero = [_weight(row) for row in rows if row.gradient.last == 0]
    if zero:
        which = "all weights" if len(zero) == len(rows) else f"the weights of {listed(zero)}"
        return f"No: the gradients of {which} are zero {at}."
    return " ".join(_sizes(rows, at))


def _sizes(rows: list[LayerRow], at: str) -> Iterator[str]:
    smallest, largest = (pick(rows, key=lambda row: row.gradient.last) for pick in (min, max))
    if smallest.gradient.last < Vanishing.vanished:
        yield f"Hardly: below {Vanishing.vanished:g} a gradient counts as vanished."
    else:
        yield "Yes."
    told = f"{smallest.gradient.last:.3g} in {_weight(smallest)}"
    if smallest is largest:
        yield f"The mean |gradient| is {told} {at}."
    else:
        other = f"{largest.gradient.last:.3g} in {_weight(largest)}"
        yield f"The smallest mean |gradient| is {told}, the largest {other} {at}."


def _weight(row: LayerRow) -> str:
    return f"{quoted(row.layer)}[{row.index}]" if row.index else quoted(row.layer)


def _name(key: BlobKey) -> str:
    return f"{'parameter ' * (key.role == 'param')}{quoted(key.blob)} of {quoted(key.layer)}"
