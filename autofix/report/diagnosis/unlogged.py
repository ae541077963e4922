"""What the losses alone tell of a training whose log has no debug_info.

A rate that is too large shows in the losses before it makes a NaN of them: they grow, or are thrown far above where
they began. A NaN that comes out of sound losses is that of a single record, or of an operation that is not defined for
it. Both rules hold where every iteration is logged; they were checked on the corpus of ``studies/``.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from autofix.debuginfo import first_bad
from autofix.health import Finding, Remedy, Severity, View
from autofix.health.finding import Evidence
from autofix.health.rates import UNKNOWN
from autofix.health.runaway import BLOWN, blown_limit
from autofix.report.diagnosis.start import begins_far

SUDDEN, THROWN = "D106", "D107"
BEFORE, LEAST = 3, 3  # losses before a NaN that must be sound, and how many there must be
SOUND = 2.0  # times the first loss: below 1.5 before a NaN of the data, above 5 before one that large steps made

_LOOK = Remedy(
    "look at the data first: `autofix lint SOLVER` finds NaN and infinity in it; with debug_info the log shows whether "
    "the input or a layer went bad first"
)


def from_losses(view: View) -> Iterator[Finding]:
    """Yield what the losses tell, if they are all there is."""
    if view.trace.has_debug_info or not len(view):
        return
    yield from _sudden(view)
    yield from _thrown(view)


def _sudden(view: View) -> Iterator[Finding]:
    """A NaN out of the blue."""
    bad, trace = first_bad(view.trace), view.trace
    if bad is None or bad.kind != "loss" or begins_far(view):
        return
    before = np.flatnonzero(trace.iterations < bad.iteration)
    losses = view.loss[before]
    if len(before) < LEAST or trace.iterations[before[-1]] != bad.iteration - 1 or not np.isfinite(losses).all():
        return
    if losses[0] <= 0 or np.max(losses[-BEFORE:]) > SOUND * losses[0] or np.any(np.diff(trace.iterations[before]) != 1):
        return
    told = ", ".join(f"{loss:.4g}" for loss in losses[-BEFORE:])
    yield Finding(
        SUDDEN,
        "sound until then",
        Severity.WARNING,
        f"The losses just before were {told}, beside {losses[0]:.4g} at first. Steps that are too large make the loss "
        "grow before it is no number any more; here it did not, as where one record holds NaN or infinity.",
        iteration=bad.iteration,
        evidence=(Evidence("last loss", float(losses[-1])), Evidence("first loss", float(losses[0]))),
        remedy=_LOOK,
    )


def _thrown(view: View) -> Iterator[Finding]:
    """A training that learned nothing, and whose loss was far above its start on the way."""
    loss = np.where(np.isfinite(view.loss), view.loss, -np.inf)
    if first_bad(view.trace) is not None or loss[0] <= 0 or view.learning.began is not None:
        return
    row = int(np.argmax(loss))
    if loss[row] <= blown_limit(view):
        return
    yield Finding(
        THROWN,
        "loss thrown about",
        Severity.WARNING,
        f"The loss began at {loss[0]:.4g} and was up at {loss[row]:.4g} in iteration {view.trace.iterations[row]}, "
        f"more than {BLOWN:g} times as high: steps that are too large throw the weights about.",
        iteration=int(view.trace.iterations[row]),
        evidence=(Evidence("loss", float(loss[row])), Evidence("first loss", float(loss[0]))),
        remedy=Remedy("lower base_lr: a tenth is the usual first try", base_lr_factor=UNKNOWN),
    )
