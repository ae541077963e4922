"""What is wrong with a snapshot: NaN, infinity, explosions, layers that compute nothing, blobs that do not add up."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from autofix.caffe.stored import Blob, Stats, StoredSnapshot
from autofix.health.finding import Evidence, Finding, Remedy, Severity
from autofix.health.stored.fit import judge_fit
from autofix.health.stored.words import listed, share
from autofix.model import Layer, kinds

HUGE = 1e8  # of any value; check H103 has it for means
LARGE_GAIN = 100.0  # times the size of its input that a layer's weights put out; docs/inspect.md has what is usual
DAMAGE = ("W101", "W102", "W103", "W104")  # what a training that diverges leaves behind
EARLIER = {
    "caffemodel": "start from an earlier one",
    "solverstate": "resume from an earlier one",
    "mean": "compute it again (compute_image_mean)",
}


@dataclass(frozen=True, slots=True)
class Measured:
    """A blob with its numbers."""

    blob: Blob
    stats: Stats

    @property
    def layer(self) -> str:
        """Its layer's name; of a solverstate without its weights the number of the history."""
        return self.blob.layer or f"history {self.blob.index}"

    @property
    def type(self) -> str:
        """Its layer's type under today's name; empty where the file tells none."""
        return kinds.today(self.blob.type)

    @property
    def is_weight(self) -> bool:
        """Whether it holds a layer's weights, as far as the file tells (HDF5 ones tell no types)."""
        blob = self.blob
        plain = self.type in kinds.WEIGHTED or (not self.type and len(blob.shape) > 1)
        return (
            bool(blob.layer)
            and not blob.history
            and blob.role == "data"
            and blob.index == 0
            and plain
            and self.stats.count > 1
        )

    @property
    def gain(self) -> float:
        """How large the output of a layer is for an input of size 1: rms of its weights times sqrt(inputs).

        So for inputs that do not depend on each other (He et al. 2015, eq. 9). 0 for what is no Convolution nor
        InnerProduct, of which the shape does not tell the inputs.
        """
        if not self.is_weight or self.type not in ("Convolution", "InnerProduct") or self.stats.bad:
            return 0.0
        shape = self.blob.shape
        inputs = shape[3] if len(shape) == 4 and shape[:2] == (1, 1) and shape[2] > 1 else math.prod(shape[1:])
        return math.hypot(self.stats.mean, self.stats.std) * math.sqrt(inputs)


def measured(stored: StoredSnapshot) -> tuple[Measured, ...]:
    """The blobs of a snapshot with their numbers."""
    return tuple(Measured(blob, stats) for blob, stats in zip(stored.snapshot.blobs, stored.stats, strict=True))


def judge_snapshot(stored: StoredSnapshot, layers: Sequence[Layer] = ()) -> tuple[Finding, ...]:
    """Return what is wrong with one snapshot, the worst first.

    Args:
        layers: of a net that is to start from it, if it is known.
    """
    blobs = measured(stored)
    found = [finding for rule in _RULES for finding in rule(stored, blobs)]
    found += judge_fit(stored, layers)
    return tuple(sorted(found, key=lambda finding: list(Severity).index(finding.severity)))


def damaged(findings: Sequence[Finding]) -> bool:
    """Whether a training diverged before this snapshot, or was about to."""
    return any(finding.code in DAMAGE for finding in findings)


def _not_finite(stored: StoredSnapshot, blobs: Sequence[Measured]) -> Iterator[Finding]:
    """W101: NaN or infinity in what the net computes with."""
    bad = [each for each in blobs if each.blob.role == "data" and each.stats.bad]
    if not bad:
        return
    what = stored.snapshot.what
    then = {
        "caffemodel": "the training diverged before this snapshot",
        "solverstate": "the training diverged before this snapshot, and goes on diverging from it",
        "mean": "every input becomes NaN",
    }[what]
    whose = {"caffemodel": "weights", "solverstate": "history", "mean": "values"}[what]
    yield Finding(
        "W101",
        "not finite",
        Severity.ERROR,
        f"{_holders(bad, what, whose)}: {then}; {EARLIER[what]}.",
        layer=bad[0].layer if what == "caffemodel" else "",
        blob=str(bad[0].blob.index),
        iteration=stored.snapshot.iteration,
        evidence=(
            Evidence("NaN", sum(each.stats.nan for each in bad)),
            Evidence("infinite", sum(each.stats.inf for each in bad)),
            Evidence("values", sum(each.stats.count for each in blobs if each.blob.role == "data")),
        ),
        remedy=Remedy(EARLIER[what], searchable=False),
    )


def _holders(bad: Sequence[Measured], what: str, whose: str) -> str:
    """Which layers hold NaN or infinity, and in how much of their values."""
    names = list(dict.fromkeys(each.layer for each in bad)) if what != "mean" else ["the mean"]
    values = sum(each.stats.count for each in bad)
    nan, inf = sum(each.stats.nan for each in bad), sum(each.stats.inf for each in bad)
    kind = "NaN" if not inf else "infinity" if not nan else "NaN or infinity"
    verb, of = ("holds", "its") if len(names) == 1 else ("hold", "their")
    return f"{listed(names, 'layers')} {verb} {kind} in {share(nan + inf, values)} of {of} {whose}"


def _bad_gradients(stored: StoredSnapshot, blobs: Sequence[Measured]) -> Iterator[Finding]:
    """W102: NaN or infinity in the gradients alone."""
    bad = [each for each in blobs if each.blob.role == "diff" and each.stats.bad]
    if bad and not any(each.stats.bad for each in blobs if each.blob.role == "data"):
        names = list(dict.fromkeys(each.layer for each in bad))
        yield Finding(
            "W102",
            "gradients not finite",
            Severity.ERROR,
            f"The weights are finite, but the gradients of {listed(names, 'layers')} are not: the training diverged in "
            "the iteration of this snapshot.",
            layer=names[0],
            blob=str(bad[0].blob.index),
            iteration=stored.snapshot.iteration,
            remedy=Remedy(EARLIER["caffemodel"], searchable=False),
        )


def _huge(stored: StoredSnapshot, blobs: Sequence[Measured]) -> Iterator[Finding]:
    """W103: finite values on their way to infinity."""
    sizes = [(max(abs(each.stats.minimum), abs(each.stats.maximum)), each) for each in blobs if each.stats.count]
    huge = [(size, each) for size, each in sizes if size >= HUGE]
    if huge:
        size, worst = max(huge, key=lambda pair: pair[0])
        names = list(dict.fromkeys(each.layer for _, each in huge))
        yield Finding(
            "W103",
            "exploding",
            Severity.ERROR,
            f"Values of {listed(names, 'layers')} reach {size:.3g}: the training was diverging when this was written.",
            layer=worst.blob.layer,
            blob=str(worst.blob.index),
            iteration=stored.snapshot.iteration,
            evidence=(Evidence("largest |x|", size),),
            remedy=Remedy(EARLIER[stored.snapshot.what], searchable=False),
        )


def _loud(stored: StoredSnapshot, blobs: Sequence[Measured]) -> Iterator[Finding]:
    """W104: weights so large that a layer's output is many times its input."""
    if any(each.stats.bad for each in blobs):
        return
    loud = sorted(((each.gain, each.layer) for each in blobs if each.gain >= LARGE_GAIN), reverse=True)
    if loud and loud[0][0] < HUGE:
        names = [layer for _, layer in loud]
        yield Finding(
            "W104",
            "too large",
            Severity.WARNING,
            f"The weights of {listed(names, 'layers')} are so large that what they put out is about {loud[0][0]:.3g} "
            "times what comes in: this training was about to diverge.",
            layer=names[0],
            blob="0",
            iteration=stored.snapshot.iteration,
            evidence=(Evidence("gain", loud[0][0], "times the input"),),
            remedy=Remedy(EARLIER["caffemodel"], searchable=False),
        )


def _zero(_: StoredSnapshot, blobs: Sequence[Measured]) -> Iterator[Finding]:
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


def _constant(_: StoredSnapshot, blobs: Sequence[Measured]) -> Iterator[Finding]:
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


def _normalisers(_: StoredSnapshot, blobs: Sequence[Measured]) -> Iterator[Finding]:
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


_Rule = Callable[[StoredSnapshot, Sequence[Measured]], Iterator[Finding]]
_RULES: tuple[_Rule, ...] = (
    _not_finite,
    _bad_gradients,
    _huge,
    _loud,
    _zero,
    _constant,
    _normalisers,
    _incomplete,
)
