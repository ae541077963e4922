"""What a training that diverges leaves in its snapshots: NaN, infinity, explosions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from autofix.caffe.stored import StoredSnapshot, What
from autofix.health.finding import Evidence, Finding, Severity
from autofix.health.stored.measured import Measured, about, names
from autofix.health.stored.words import share

HUGE = 1e8  # of any value; check H103 has it for means
LARGE_GAIN = 100.0  # times the size of its input that a layer's weights put out; docs/inspect.md has what is usual
DAMAGE = ("W101", "W102", "W103", "W104")
EARLIER = {
    "caffemodel": "start from an earlier one",
    "solverstate": "resume from an earlier one",
    "mean": "compute it again (compute_image_mean)",
}


def damaged(findings: Sequence[Finding]) -> bool:
    """Whether a training diverged before this snapshot, or was about to."""
    return any(finding.code in DAMAGE for finding in findings)


def damage(stored: StoredSnapshot, blobs: Sequence[Measured]) -> Iterator[Finding]:
    """Yield what of a snapshot's values is not finite or far too large."""
    yield from _not_finite(stored.snapshot.what, blobs)
    yield from _bad_gradients(blobs)
    yield from _huge(stored.snapshot.what, blobs)
    yield from _loud(blobs)


def _not_finite(what: What, blobs: Sequence[Measured]) -> Iterator[Finding]:
    """W101: NaN or infinity in what the net computes with."""
    bad = [each for each in blobs if each.blob.role == "data" and each.stats.bad]
    if not bad:
        return
    then = {
        "caffemodel": "the training diverged before this snapshot",
        "solverstate": "the training diverged before this snapshot, and goes on diverging from it",
        "mean": "every input becomes NaN",
    }[what]
    whose = {"caffemodel": "weights", "solverstate": "history", "mean": "values"}[what]
    evidence = (
        Evidence("NaN", sum(each.stats.nan for each in bad)),
        Evidence("infinite", sum(each.stats.inf for each in bad)),
        Evidence("values", sum(each.stats.count for each in blobs if each.blob.role == "data")),
    )
    says = f"{_holders(bad, what, whose)}: {then}; {EARLIER[what]}."
    yield about(bad, "W101", "not finite", Severity.ERROR, says, EARLIER[what], evidence)


def _holders(bad: Sequence[Measured], what: str, whose: str) -> str:
    """Which layers hold NaN or infinity, and in how much of their values."""
    who = names(bad) if what != "mean" else "the mean"
    values = sum(each.stats.count for each in bad)
    nan, inf = sum(each.stats.nan for each in bad), sum(each.stats.inf for each in bad)
    kind = "NaN" if not inf else "infinity" if not nan else "NaN or infinity"
    verb, of = ("holds", "its") if len({each.layer for each in bad}) == 1 else ("hold", "their")
    return f"{who} {verb} {kind} in {share(nan + inf, values)} of {of} {whose}"


def _bad_gradients(blobs: Sequence[Measured]) -> Iterator[Finding]:
    """W102: NaN or infinity in the gradients alone."""
    bad = [each for each in blobs if each.blob.role == "diff" and each.stats.bad]
    if bad and not any(each.stats.bad for each in blobs if each.blob.role == "data"):
        says = (
            f"The weights are finite, but the gradients of {names(bad)} are not: the training diverged in the "
            "iteration of this snapshot."
        )
        yield about(bad, "W102", "gradients not finite", Severity.ERROR, says, EARLIER["caffemodel"])


def _huge(what: What, blobs: Sequence[Measured]) -> Iterator[Finding]:
    """W103: finite values on their way to infinity."""
    sizes = [(max(abs(each.stats.minimum), abs(each.stats.maximum)), each) for each in blobs if each.stats.count]
    huge = [(size, each) for size, each in sizes if size >= HUGE]
    if huge:
        size, worst = max(huge, key=lambda pair: pair[0])
        says = (
            f"Values of {names([each for _, each in huge])} reach {size:.3g}: the training was diverging when this was "
            "written."
        )
        evidence = (Evidence("largest |x|", size),)
        yield about([worst], "W103", "exploding", Severity.ERROR, says, EARLIER[what], evidence)


def _loud(blobs: Sequence[Measured]) -> Iterator[Finding]:
    """W104: weights so large that a layer's output is many times its input."""
    if any(each.stats.bad for each in blobs):
        return
    loud = sorted((each for each in blobs if each.gain >= LARGE_GAIN), key=lambda each: each.gain, reverse=True)
    if loud and loud[0].gain < HUGE:
        says = (
            f"The weights of {names(loud)} are so large that what they put out is about {loud[0].gain:.3g} times what "
            "comes in: this training was about to diverge."
        )
        evidence = (Evidence("gain", loud[0].gain, "times the input"),)
        yield about(loud, "W104", "too large", Severity.WARNING, says, EARLIER["caffemodel"], evidence)
