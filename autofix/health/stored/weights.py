"""What is wrong with a snapshot: damage, layers that compute nothing, blobs that do not add up."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from autofix.caffe.stored import StoredSnapshot
from autofix.health.finding import Finding, Remedy, Severity
from autofix.health.stored.damage import EARLIER, damage
from autofix.health.stored.fit import judge_fit
from autofix.health.stored.measured import Measured, measured
from autofix.health.stored.words import listed
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
    return tuple(sorted(found, key=lambda finding: list(Severity).index(finding.severity)))


def _zero(blobs: Sequence[Measured]) -> Iterator[Finding]:
    """W201: weights that are all zero."""
    zero = [each for each in blobs if each.is_weight and each.stats.zeros == each.stats.count]
    if zero:
        names = [each.layer for each in zero]
        one = len(names) == 1
        yield Finding(
            "W201",
            "all weights zero",
            Severity.ERROR,
            f"The weights of {listed(names, 'layers')} are all zero: what {'it puts' if one else 'they put'} out is "
            "the bias alone, whatever comes in. Without a weight_filler Caffe starts there, and may never leave.",
            layer=names[0],
            blob="0",
            remedy=Remedy('give it  weight_filler { type: "msra" }', searchable=False),
        )


def _constant(blobs: Sequence[Measured]) -> Iterator[Finding]:
    """W202: weights that are all one value."""
    same = [each for each in blobs if each.is_weight and each.stats.constant and each.stats.minimum != 0]
    if same:
        names = [each.layer for each in same]
        yield Finding(
            "W202",
            "constant weights",
            Severity.WARNING,
            f"All weights of {listed(names, 'layers')} have one value ({same[0].stats.minimum:.4g}): all units of a "
            "layer compute the same.",
            layer=names[0],
            blob="0",
            remedy=Remedy('draw them at random: weight_filler { type: "msra" }', searchable=False),
        )


def _normalisers(blobs: Sequence[Measured]) -> Iterator[Finding]:
    """W203: BatchNorm layers whose statistics were never gathered, or cannot be."""
    norm = [each for each in blobs if each.type == "BatchNorm" and each.blob.role == "data"]
    empty = [each.layer for each in norm if each.blob.index == 2 and each.stats.zeros == each.stats.count > 0]
    if empty:
        yield Finding(
            "W203",
            "no statistics",
            Severity.WARNING,
            f"{listed(empty, 'layers')} (BatchNorm) never gathered statistics, so that in a test mean and variance "
            "are 0 and the output is hundreds of times too large.",
            layer=empty[0],
            blob="2",
            remedy=Remedy("train with use_global_stats: false", searchable=False),
        )
    negative = [each.layer for each in norm if each.blob.index == 1 and each.stats.minimum < 0]
    if negative:
        yield Finding(
            "W204",
            "negative variance",
            Severity.ERROR,
            f"{listed(negative, 'layers')} (BatchNorm) holds negative variances: their root is NaN.",
            layer=negative[0],
            blob="1",
            remedy=Remedy("start from an earlier one", searchable=False),
        )


def _incomplete(stored: StoredSnapshot, blobs: Sequence[Measured]) -> Iterator[Finding]:
    """W301, W302: blobs that do not hold what their shape says, and files without any."""
    wrong = [each for each in blobs if each.blob.role == "data" and each.stats.count != math.prod(each.blob.shape)]
    if wrong:
        first = wrong[0]
        shape = " x ".join(map(str, first.blob.shape)) or "()"
        names = list(dict.fromkeys(each.layer for each in wrong))
        yield Finding(
            "W301",
            "values missing",
            Severity.ERROR,
            f"{listed(names, 'layers')}: {first.stats.count:,} values where the shape is {shape}.",
            layer=first.blob.layer,
            blob=str(first.blob.index),
            remedy=Remedy(f"write it anew, or {EARLIER[stored.snapshot.what]}", searchable=False),
        )
    if not blobs:
        what = "history: the solver starts without momentum" if stored.snapshot.what == "solverstate" else "weights"
        yield Finding("W302", "nothing in it", Severity.WARNING, f"This file holds no {what}.")
