"""Where a training begins, held against a blind guess: a first loss far above it tells of large input or weights.

A net just drawn knows nothing, so its first loss should be about that of a guess without any preference: ln C for a
softmax over C classes. Only scores far apart cost more, and scores are as large as the input and the weights make them;
base_lr has not had any say yet. In the corpus of ``studies/`` the first softmax loss of every training that a smaller
base_lr repairs is below 3 times that of a guess; `FAR` times and more have those alone whose input, weights, labels or
stored statistics are at fault.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from autofix.debuginfo import listed, quoted
from autofix.health import Finding, Remedy, Severity, View
from autofix.health.checks.h204_signal_size import SignalSize
from autofix.health.checks.h401_input_scale import PICTURES, PIXEL_SCALE
from autofix.health.checks.h501_large_targets import LargeTargets
from autofix.health.finding import Evidence
from autofix.health.gains import gains
from autofix.model import DataInput
from autofix.report.diagnosis.guess import blind_guess, typical_miss

CODE = "D105"
TITLE = "first loss far too large"
FAR = 4.0  # times the loss of a guess
MOST_CLASSES = 21841  # of all of ImageNet, the most that are usual: where the log does not tell how many there are
CEILING = 87.34  # the most that one softmax loss can show; see check H102
LARGE = 2.0  # mean |x|; inputs of unit variance have 0.8


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
        evidence = {item.what: item.value for item in finding.evidence}
        return evidence["std"] > evidence["std that keeps the signal"]
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
    for data in [data for data in net.inputs if _is_raw(data)][:1]:
        less = " less their mean" if data.mean_subtracted else ""
        yield Finding(
            "D108",
            "pictures not scaled",
            Severity.WARNING,
            f"Layer {quoted(data.name)} reads pictures and does not scale them, so the net gets values of up to 255"
            f"{less}. The gradient of the first layer grows with its input, and so does every activation after it.",
            layer=data.name,
            iteration=int(trace.iterations[0]),
            remedy=Remedy(_scale_pixels(data), input_scale_factor=PIXEL_SCALE),
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
        cause, remedy = _cause(view, first / guess.loss)
        return told + cause, remedy
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


def _cause(view: View, times: float) -> tuple[str, Remedy | None]:
    """What makes the scores too large, as far as the net's text tells, and what to do about it."""
    from autofix.health.static.rules.s306_stored_statistics import ADVICE, forced  # noqa: PLC0415 -- reads data sets, too

    assert view.net is not None
    stored = [layer.name for layer, _ in forced(view.net, stored=True)]
    if stored:
        names = listed(map(quoted, stored))
        told = f"BatchNorm layers ({names}) divide by stored statistics, of which a net just drawn has none."
        return told, Remedy(ADVICE, searchable=False)
    raw = [data for data in view.net.inputs if _is_raw(data)]
    if raw and not view.trace.has_debug_info:
        told = (
            f"layer {quoted(raw[0].name)} reads pictures and does not scale them, so the net gets values of up to 255."
        )
        return told, Remedy(_scale_pixels(raw[0]), input_scale_factor=PIXEL_SCALE)
    wide = [gain.layer for gain in gains(view) if gain.off > SignalSize.far]
    if wide:
        return f"the weights of {listed(map(quoted, wide))} are drawn too wide.", None  # check H204 has the stds
    size = max((entry.size for entry in view.inputs), default=0.0)
    if size < LARGE if view.trace.has_debug_info else _are_scaled(view.net.inputs):
        return (
            "as neither the input nor the weights are large, labels may lie outside of the classes.",
            Remedy("look at the labels: `autofix lint SOLVER` tells whether one is no class of the net"),
        )
    if view.trace.has_debug_info:
        scale = float(f"{1 / size:.1g}")
        advice = f"scale the input by {scale:g} in every phase: its mean |x| is {size:.3g}, and should be about 1"
        return "the input is too large for weights like these.", Remedy(advice, input_scale_factor=scale)
    return "the input is too large for weights like these, or labels lie outside of the classes.", _shrink(times)


def _are_scaled(inputs: Sequence[DataInput]) -> bool:
    """Whether all of the input are pictures that a scale makes small, as far as the net's text tells."""
    signals = [data for data in inputs if data.features]
    return bool(signals) and all(data.kind in PICTURES and data.scale * 255 < 10 * LARGE for data in signals)


def _is_raw(data: DataInput) -> bool:
    return data.kind in PICTURES and bool(data.features) and data.scale == 1


def _scale_pixels(data: DataInput) -> str:
    return (
        f"scale the input by {PIXEL_SCALE:g} (1/256) in every phase: pixels go from 0 to 255, and layer "
        f"{quoted(data.name)} has no transform_param {{ scale: {PIXEL_SCALE:g} }}"
    )


def _shrink(times: float) -> Remedy:
    return Remedy(
        f"scale the input to about unit size in every phase: by 1/{times:.2g} or less, as the first loss is so many "
        "times that of a guess; `autofix inspect` tells what a data set holds"
    )


def _rescale(miss: float) -> Remedy:
    return Remedy(
        f"scale the targets, or the input, to about unit size in every phase: by about {1 / miss:.1g}, as answers miss "
        f"by {miss:.3g} at first; `autofix inspect` tells which of them is that large"
    )
