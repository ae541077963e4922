"""What is wrong with a snapshot: damage, layers that compute nothing, blobs that do not add up."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

from autofix.caffe.stored import StoredSnapshot
from autofix.health.finding import Finding, Severity
from autofix.health.stored.damage import EARLIER, damage
from autofix.health.stored.fit import judge_fit
from autofix.health.stored.measured import Measured, about, measured, names
from autofix.model import Layer


def judge_snapshot(stored: StoredSnapshot, layers: Sequence[Layer] = ()) -> tuple[Finding, ...]:
    """Return what is wrong with one snapshot, the worst first.

    Args:
        layers: of a net that is to start from it, if it is known.
    """
    blobs = measured(stored)
    found = [
        *damage(stored, blobs),
        *_zero(blobs),
        *_constant(blobs),
        *_normalisers(blobs),
        *_incomplete(stored, blobs),
        *judge_fit(stored, layers),
    ]
    found = [replace(finding, iteration=stored.snapshot.iteration) for finding in found]
    return tuple(sorted(found, key=lambda finding: list(Severity).index(finding.severity)))


def _zero(blobs: Sequence[Measured]) -> Iterator[Finding]:
    """W201: weights that are all zero."""
    zero = [each for each in blobs if each.is_weight and each.stats.zeros == each.stats.count]
    if zero:
        says = (
            f"The weights of {names(zero)} are all zero: what {'it puts' if len(zero) == 1 else 'they put'} out is the "
            "bias alone, whatever comes in. Without a weight_filler Caffe starts there, and may never leave."
        )
        yield about(zero, "W201", "all weights zero", Severity.ERROR, says, 'give it  weight_filler { type: "msra" }')


def _constant(blobs: Sequence[Measured]) -> Iterator[Finding]:
    """W202: weights that are all one value."""
    same = [each for each in blobs if each.is_weight and each.stats.constant and each.stats.minimum != 0]
    if same:
        says = (
            f"All weights of {names(same)} have one value ({same[0].stats.minimum:.4g}): all units of a layer compute "
            "the same."
        )
        remedy = 'draw them at random: weight_filler { type: "msra" }'
        yield about(same, "W202", "constant weights", Severity.WARNING, says, remedy)


def _normalisers(blobs: Sequence[Measured]) -> Iterator[Finding]:
    """W203, W204: BatchNorm layers whose statistics were never gathered, or cannot be."""
    norm = [each for each in blobs if each.type == "BatchNorm" and each.blob.role == "data"]
    empty = [each for each in norm if each.blob.index == 2 and each.stats.zeros == each.stats.count > 0]
    if empty:
        says = (
            f"{names(empty)} (BatchNorm) never gathered statistics, so that in a test mean and variance are 0 and the "
            "output is hundreds of times too large."
        )
        yield about(empty, "W203", "no statistics", Severity.WARNING, says, "train with use_global_stats: false")
    negative = [each for each in norm if each.blob.index == 1 and each.stats.minimum < 0]
    if negative:
        says = f"{names(negative)} (BatchNorm) holds negative variances: their root is NaN."
        yield about(negative, "W204", "negative variance", Severity.ERROR, says, EARLIER["caffemodel"])


def _incomplete(stored: StoredSnapshot, blobs: Sequence[Measured]) -> Iterator[Finding]:
    """W301, W302: blobs that do not hold what their shape says, and files without any."""
    wrong = [each for each in blobs if each.blob.role == "data" and each.stats.count != math.prod(each.blob.shape)]
    if wrong:
        shape = " x ".join(map(str, wrong[0].blob.shape)) or "()"
        says = f"{names(wrong)}: {wrong[0].stats.count:,} values where the shape is {shape}."
        remedy = f"write it anew, or {EARLIER[stored.snapshot.what]}"
        yield about(wrong, "W301", "values missing", Severity.ERROR, says, remedy)
    if not blobs:
        what = "history: the solver starts without momentum" if stored.snapshot.what == "solverstate" else "weights"
        yield Finding("W302", "nothing in it", Severity.WARNING, f"This file holds no {what}.")
