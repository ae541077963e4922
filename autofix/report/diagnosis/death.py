"""What a crash leaves in the log: Caffe's own message, and how far the last iteration came."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from autofix.debuginfo import BlobKey, Fatal, Trace, first_bad, quoted
from autofix.health import Facts, Finding, Remedy, Severity, View

_FROM_THE_FILES = Remedy(
    "mend what the message names; `autofix lint SOLVER` looks for more of the kind", searchable=False
)
_FROM_OUTSIDE = Remedy(
    "look for the cause in what the message names, in the data of that iteration or in the machine (memory, disk): "
    "all numbers were finite up to there",
    searchable=False,
)
_SETTING = re.compile(r"this->param_\.(\w+)\(\)")  # of the solver, which Caffe looks at when it comes to use it
_MEMORY = re.compile(r"malloc|free\(\)|corrupt|munmap_chunk|SIGSEGV|Segmentation fault", re.IGNORECASE)
_OVERWRITTEN = Remedy(
    "look at the labels first: one outside of 0 to the number of classes less 1 makes Caffe write past its memory, and "
    "it dies there or later; `autofix lint SOLVER` looks at labels, and `autofix inspect` at data",
    searchable=False,
)


def death(trace: Trace) -> Iterator[Finding]:
    """Yield a finding if Caffe died before the training was done; dying after that harms nothing."""
    if trace.fatal is None or trace.finished:
        return
    place = f"{trace.fatal.file}:{trace.fatal.line}: " if trace.fatal.file else ""
    said = " ".join([*(text for text in trace.complaints if "arsing" in text), trace.fatal.message])
    yield Finding(
        "D101",
        "Caffe died",
        Severity.ERROR,
        f"{when(trace)}: {place}{' '.join(said.split()).rstrip('.')}.",
        iteration=_iteration(trace),
        remedy=_remedy(trace),
    )


def tells_of_memory(fatal: Fatal | None) -> bool:
    """Return whether a crash is one that overwritten memory ends in."""
    return fatal is not None and not fatal.file and _MEMORY.search(fatal.message) is not None


def _remedy(trace: Trace) -> Remedy | None:
    if tells_of_memory(trace.fatal):
        return _OVERWRITTEN if first_bad(trace) is None else None
    if trace.fatal is not None and (named := _SETTING.search(trace.fatal.message)):
        return replace(_FROM_THE_FILES, advice=f"mend {named[1]} in the solver; `autofix lint SOLVER` looks for more")
    if not len(trace):
        return _FROM_THE_FILES
    return _FROM_OUTSIDE if first_bad(trace) is None else None


def reached(trace: Trace) -> str:
    """Return how far the block came that no ``Iteration`` line followed, or nothing where there is none."""
    if trace.partial is None:
        return ""
    number = f"iteration {trace.partial.iteration}" if len(trace) else "the first iteration"
    if np.isfinite(trace.partial.norms).any():
        return f"behind the backward pass of {number}, before its `Iteration` line"
    last = trace.keys[int(np.flatnonzero(trace.partial.logged)[-1])]
    step = "forward" if last.kind == "data" else "backward"
    following = _next_layer(trace, last)
    beyond = f" (next is layer {quoted(following)})" if following else ""
    return f"in the {step} pass of {number}, after layer {quoted(last.layer)}{beyond}"


def when(trace: Trace) -> str:
    """Return when Caffe died, in words."""
    if trace.partial is not None:
        return f"Caffe died {reached(trace)}"
    return f"Caffe died after iteration {trace.iterations[-1]}" if len(trace) else "Caffe died before it trained"


def _iteration(trace: Trace) -> int | None:
    if trace.partial is not None:
        return trace.partial.iteration
    return int(trace.iterations[-1]) if len(trace) else None


def _next_layer(trace: Trace, last: BlobKey) -> str:
    """The layer whose turn it was, which the net's text or the earlier iterations tell."""
    net = View(Facts(), trace).net
    printed = [layer.name for layer in net.layers] if net is not None else []
    layers = printed if last.layer in printed else trace.layers
    if last.layer not in layers:
        return ""
    place = layers.index(last.layer) + (1 if last.kind == "data" else -1)
    return layers[place] if 0 <= place < len(layers) else ""
