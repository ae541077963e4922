"""What a training that diverges leaves in its snapshots: NaN, infinity, explosions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from autofix.caffe.stored import StoredSnapshot
from autofix.health.finding import Evidence, Finding, Remedy, Severity
from autofix.health.stored.measured import Measured
from autofix.health.stored.words import listed, share

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
    for rule in (_not_finite, _bad_gradients, _huge, _loud):
        yield from rule(stored, blobs)


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
