"""The judge, fed a recorded probe iteration by iteration as if it were running."""

from __future__ import annotations

from dataclasses import dataclass, replace

from autofix.debuginfo import Run, Trace
from autofix.health import Facts, Judge, Verdict, View


@dataclass(frozen=True, slots=True)
class Said:
    """What was said of a probe, after how many iterations, and why."""

    verdict: Verdict
    iterations: int
    why: str


def prefix(trace: Trace, count: int) -> Trace:
    """The trace as it was when its first ``count`` iterations had been logged."""
    return replace(
        trace,
        iterations=trace.iterations[:count],
        ordinals=trace.ordinals[:count],
        loss=trace.loss[:count],
        loss_logged=trace.loss_logged[:count],
        lr=trace.lr[:count],
        lr_logged=trace.lr_logged[:count],
        norms=trace.norms[:count],
        clip_scale=trace.clip_scale[:count],
        outputs={name: values[:count] for name, values in trace.outputs.items()},
        values=trace.values[:count],
        logged=trace.logged[:count],
        partial=None,
        fatal=None,
        finished=False,
        stopped_early=False,
        runs=(Run(0),),
    )


def replay(trace: Trace, facts: Facts, judge: Judge) -> Said:
    """The first verdict that ``judge`` would have reached; at the end of the probe, what it concludes."""
    for count in range(1, len(trace) + 1):
        if decision := judge.decide(View(facts, prefix(trace, count))):
            return Said(decision.verdict, count, decision.why)
    view = View(facts, trace)
    if decision := judge.decide(view):  # a block that a crash cut off may hold the first NaN
        return Said(decision.verdict, len(trace), decision.why)
    if trace.fatal is not None or not len(trace):
        told = trace.fatal.message if trace.fatal else "Caffe ended without a word"
        return Said(Verdict.FAILED, len(trace), told)
    decision = judge.conclude(view, whole=trace.finished)
    return Said(decision.verdict, len(trace), decision.why)
