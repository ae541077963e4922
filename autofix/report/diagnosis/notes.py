"""What else to know of a log before its numbers are believed."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np

from autofix.debuginfo import NORM_NAMES, Trace, first_bad, quoted
from autofix.errors import PrototxtError
from autofix.health import View
from autofix.report.diagnosis.death import reached, tells_of_memory

_PROBE = re.compile(r"/probes/[0-9]{3}[^/]*/snapshot$")  # see `autofix.search.folder` and `autofix.model.probe`
MORE = (
    "For more, put `debug_info: true` and `display: 1` into the solver and train a few iterations again: Caffe then "
    "logs every layer's magnitudes."
)


def notes(view: View, trace: Trace) -> tuple[str, ...]:
    """Return them, one or two sentences each, what matters most first.

    Args:
        trace: what the log says of the training.
    """
    seen = (_debug_info(view, trace), _course(view, trace), _loss(view), _gradients(view))
    return tuple(note for kind in seen for note in kind)


def _debug_info(view: View, trace: Trace) -> Iterator[str]:
    if not len(trace) and trace.partial is None and trace.fatal is None:
        yield f"The log shows no iteration: the training did not begin, or the solver sets no display. {MORE}"
    elif not trace.has_debug_info and len(trace):
        if _was_asked_for(view):
            how = (
                "though debug_info is on. Caffe prints them in iterations that it trains and displays: put `display: 1`"
            )
            yield f"The log has no debug_info lines, {how} into the solver."
        else:
            yield (
                "The log has no debug_info lines: what it tells comes from the losses, and from the solver and the net "
                f"at its top. {MORE}"
            )
    elif trace.has_debug_info and (step := _step(trace)) > 1:
        yield (
            f"The log shows one iteration in {step}; with `display: 1` it would show where and when each change began."
        )
    if trace.stride > 1:
        yield (
            f"The log is so long that one iteration in {trace.stride} was kept, but all at the beginning, at the end "
            "and around the first bad value."
        )


def _was_asked_for(view: View) -> bool:
    """Whether the solver, as the log shows it, has debug_info on."""
    try:
        return view.solver is not None and view.solver.root.boolean("debug_info", False)
    except PrototxtError:
        return False  # the log is damaged there


def _course(view: View, trace: Trace) -> Iterator[str]:
    if trace.partial is not None and not len(trace):
        yield "The log has no `Iteration` line and so no loss, no learning rate and no numbers of iterations."
    if len(trace) and trace.iterations[0] > 0 and not trace.runs[0].resumed_from:
        yield f"The log begins at iteration {trace.iterations[0]}; what came before is not known."
    if trace.partial is not None and trace.fatal is None:
        why = ", where Autofix stopped it: it is one of its probes, which end as soon as they are decided"
        yield f"The log ends {reached(trace)}{why if _is_probe(view) else ''}."
    elif trace.fatal is not None and trace.finished:
        yield f"Caffe crashed when the training was already done: {trace.fatal.message}. {_late_crash(trace)}"
    elif trace.stopped_early:
        yield f"The training was stopped by a signal at iteration {trace.iterations[-1] if len(trace) else 0}."
    if trace.tests:
        (iteration, net), results = list(trace.tests.items())[-1]
        told = ", ".join(f"{name} {value:.4g}" for name, value in list(results.items())[:4])
        count = f"{len(trace.tests)} test pass{'es' if len(trace.tests) > 1 else ''}"
        last = f"; the last, at iteration {iteration} of test net {net}, gave {told}" if told else ""
        yield f"The magnitudes are those of training, without the log's {count}{last}."


def _late_crash(trace: Trace) -> str:
    """What a crash behind the end means: memory that was overwritten, by what a NaN led astray or by a wrong label."""
    if not tells_of_memory(trace.fatal) or first_bad(trace) is not None:
        return "That harms nothing."
    return (
        "Something wrote past its memory. A label outside of 0 to the number of classes less 1 does that: `autofix "
        "lint SOLVER` looks at labels."
    )


def _is_probe(view: View) -> bool:
    """Whether Autofix ran this training itself, as the folder that it writes its snapshots to would tell."""
    try:
        prefix = view.solver.root.text("snapshot_prefix") if view.solver is not None else ""
    except PrototxtError:
        return False  # the log is damaged there
    return _PROBE.search(prefix) is not None


def _loss(view: View) -> Iterator[str]:
    trace, solver = view.trace, view.solver
    if len(trace.loss_weights) > 1:
        parts = []
        for name, weight in trace.loss_weights.items():
            seen = trace.outputs[name][np.isfinite(trace.outputs[name])]
            parts.append(f"{name} x {weight:g}" + (f" (last {seen[-1]:.4g})" if len(seen) else ""))
        yield f"The loss is the sum of {len(parts)}: {', '.join(parts)}."
    if solver is not None and solver.average_loss > 1:
        window = solver.average_loss
        yield f"average_loss is {window}: the loss is a mean over {window} iterations and shows trouble late."


def _gradients(view: View) -> Iterator[str]:
    trace, solver = view.trace, view.solver
    if solver is not None and solver.iter_size > 1:
        yield (
            f"iter_size is {solver.iter_size}: blobs are those of the last of {solver.iter_size} batches (or of the "
            "one that went bad), gradients of parameters the sum over all."
        )
    clipped = int(np.isfinite(trace.clip_scale).sum())
    if clipped:
        norms = trace.norms[:, NORM_NAMES.index("l2_diff")]
        known = norms[np.isfinite(norms)]
        how = f", to {solver.clip_gradients:g}" if solver is not None and solver.clip_gradients > 0 else ""
        how += f"; their norm is {np.median(known):.3g} as a rule" if len(known) else ""
        yield f"Gradients were clipped in {clipped} of {len(trace)} iterations{how}. Logged are the sizes before that."
    if trace.sharing:
        borrowed = (f"{quoted(each.layer)} from {quoted(each.owner)}" for each in trace.sharing[:4])
        told = ", ".join(dict.fromkeys(borrowed))
        yield f"Parameters are shared ({told}): each of these layers logs the running sum of one gradient."


def _step(trace: Trace) -> int:
    """Iterations between two rows, as displayed."""
    if len(trace) < 2 or trace.stride > 1:
        return 1
    return int(np.median(np.diff(trace.iterations)))
