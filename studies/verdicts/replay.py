"""The judge, fed a recorded probe as if it were running: asked after the same iterations as in the tool's search."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from autofix.debuginfo import Trace, first_bad
from autofix.health import Facts, Judge, Verdict, View
from autofix.search.watch import due, first


@dataclass(frozen=True, slots=True)
class Said:
    """What was said of a probe, after how many iterations, and why."""

    verdict: Verdict
    iterations: int
    why: str


def replay(trace: Trace, facts: Facts, judge: Judge) -> Said:
    """The first verdict that ``judge`` would have reached; at the end of the probe, what it concludes."""
    for count in _asked(trace, judge.cap):
        if decision := judge.decide(View(facts, first(trace, count))):
            return Said(decision.verdict, count, decision.why)
    view = View(facts, trace)
    if decision := judge.decide(view):  # a block that a crash cut off may hold the first NaN
        return Said(decision.verdict, len(trace), decision.why)
    if trace.fatal is not None or not len(trace):
        told = trace.fatal.message if trace.fatal else "Caffe ended without a word"
        return Said(Verdict.FAILED, len(trace), told)
    decision = judge.conclude(view, whole=trace.finished)
    return Said(decision.verdict, len(trace), decision.why)


def _asked(trace: Trace, cap: int) -> Iterator[int]:
    """The iterations after which the judge is asked, up to the first that holds a number that is not finite."""
    bad = first_bad(trace)
    rows = [row for row, number in enumerate(trace.iterations, 1) if bad is not None and number == bad.iteration]
    end = rows[0] if rows else len(trace)
    for count in due(cap):
        if count >= end:
            break
        yield count
    if end:
        yield end
