"""Where a training begins, held against a blind guess: a first loss far above it tells of large input or weights.

A net just drawn knows nothing, so its first loss should be about that of a guess without any preference: ln C for a
softmax over C classes. Only scores far apart cost more, and scores are as large as the input and the weights make them;
base_lr has not had any say yet. In the corpus of ``studies/`` the first softmax loss of every training that a smaller
base_lr repairs is below 3 times that of a guess; `FAR` times and more have those alone whose input, weights, labels or
stored statistics are at fault.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

import numpy as np

from autofix.debuginfo import quoted
from autofix.health import Finding, Remedy, Severity, View
from autofix.health.checks.h204_signal_size import DRAWN, KEEPING
from autofix.health.checks.h501_large_targets import LargeTargets
from autofix.health.finding import Evidence
from autofix.report.diagnosis.causes import cause, is_raw, scale_pixels, unscaled
from autofix.report.diagnosis.guess import blind_guess, typical_miss

CODE = "D105"
TITLE = "first loss far too large"
FAR = 4.0  # times the loss of a guess
MOST_CLASSES = 21841  # of all of ImageNet, the most that are usual: where the log does not tell how many there are
CEILING = 87.34  # the most that one softmax loss can show; see check H102


def sizes(view: View, checked: Iterable[Finding]) -> Iterator[Finding]:
    """Yield what the first loss, or else the net's text, tells of input and weights that are too large.

    Args:
        checked: what the checks found, which may tell it already.
    """
    yield from _raw_pictures(view)
    if not any(_explains(finding) for finding in checked):
        yield from _too_large(view)


def _explains(finding: Finding) -> bool:
    """Whether a finding tells why a first loss is far too large."""
    if finding.code == "H204":
        return finding.measured(DRAWN) > finding.measured(KEEPING)
    return finding.code in ("H401", "H501")


def _too_large(view: View) -> Iterator[Finding]:
    first = _first_loss(view)
    if first is None:
        return
    told = _classified(view, first) if view.net is not None else _unknown(first)
    if told is None:
        return
    explanation, remedy = told
    evidence = (Evidence("first loss", first),)
    yield Finding(CODE, TITLE, Severity.WARNING, explanation, iteration=0, evidence=evidence, remedy=remedy)


def _raw_pictures(view: View) -> Iterator[Finding]:
    """Yield a finding if the net's text, which is all that is known, tells of pictures that are not scaled.

    Where magnitudes are logged, check H401 goes by these.
    """
    net, trace = view.net, view.trace
    if net is None or trace.has_debug_info or not len(trace) or begins_far(view):
        return
    for data in [data for data in net.inputs if is_raw(data)][:1]:
        yield Finding(
            "D108",
            "pictures not scaled",
            Severity.WARNING,
            f"Layer {quoted(data.name)} {unscaled(data)}. The gradient of the first layer grows with its input, and so "
            "does every activation after it.",
            layer=data.name,
            iteration=int(trace.iterations[0]),
            remedy=scale_pixels(data),
        )


def begins_far(view: View) -> bool:
    """Return whether the first loss is far above that of a guess."""
    first = _first_loss(view)
    if first is None:
        return False
    return (_classified(view, first) if view.net is not None else _unknown(first)) is not None


def _first_loss(view: View) -> float | None:
    """The loss of iteration 0, of weights that no file brought."""
    trace = view.trace
    if view.pretrained or not len(trace) or not np.isfinite(view.loss[0]):
        return None
    return float(view.loss[0])


def _classified(view: View, first: float) -> tuple[str, Remedy | None] | None:
    """What a first loss tells beside the net's text; None where it is no larger than it should be."""
    assert view.net is not None
    guess = blind_guess(view.net, view.trace)
    if guess is not None:
        if first < FAR * guess.loss:
            return None
        told = (
            f"The first loss is {first:.4g}, {first / guess.loss:.2g} times what a guess without any preference costs "
            f"({guess.loss:.4g}: {guess.source}). No step was taken yet, so base_lr is not the cause: "
        )
        why, remedy = cause(view, view.net, first / guess.loss)
        return told + why, remedy
    miss = typical_miss(view.net, view.trace, first)
    if miss is None or miss < LargeTargets.large:
        return None
    told = f"The first loss is {first:.4g}: on average an answer misses its target by {miss:.3g}, before any step. "
    return f"{told}The targets, or the input, are about as large as that.", _rescale(miss)


def _unknown(first: float) -> tuple[str, Remedy] | None:
    """What a first loss tells by itself, if the log has no net."""
    limit = math.log(MOST_CLASSES)
    if first <= limit:
        return None
    if first > CEILING:
        told = f"The first loss is {first:.4g}, more than a softmax loss can be: it is that of a regression, or a sum. "
        what = "what it compares, or the input, is far from unit size"
    else:
        told = f"The first loss is {first:.4g}. "
        what = (
            f"if it is a softmax loss, the scores are far too large: a guess costs ln C for C classes, which is "
            f"{limit:.3g} even for the {MOST_CLASSES:,} of all of ImageNet"
        )
    told += f"The log does not show the net; {what}. No step was taken yet, so base_lr is not the cause."
    advice = (
        "look at the size of the input first, and bring it to about 1 in every phase (pixels: scale 0.00390625, which "
        "is 1/256); `autofix inspect` tells the range of a data set"
    )
    return told, Remedy(advice)


def _rescale(miss: float) -> Remedy:
    return Remedy(
        f"scale the targets, or the input, to about unit size in every phase: by about {1 / miss:.1g}, as answers miss "
        f"by {miss:.3g} at first; `autofix inspect` tells which of them is that large"
    )
