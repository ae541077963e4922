"""What makes a first loss too large: input, weights, stored statistics or labels, as far as the log tells."""

from __future__ import annotations

import math
from collections.abc import Sequence

from autofix.debuginfo import listed, quoted
from autofix.health import Remedy, View
from autofix.health.checks.h204_signal_size import SignalSize
from autofix.health.checks.h401_input_scale import PICTURES, PIXEL_SCALE
from autofix.health.gains import gains
from autofix.model import DataInput, Net

LARGE = 2.0  # mean |x|; inputs of unit variance have 0.8
_LABELLED = ("SoftmaxWithLoss", "MultinomialLogisticLoss", "HingeLoss")  # losses whose labels pick an output
_SQUARED = ("ContrastiveLoss",)  # losses that grow with the square of the scores
_LABELS = Remedy("look at the labels: `autofix lint SOLVER` tells whether one is no class of the net")


def cause(view: View, net: Net, times: float) -> tuple[str, Remedy | None]:
    """Return what makes the scores too large, in words, and what to do about it.

    Args:
        times: the first loss, in units of that of a guess.
    """
    from autofix.health.static.rules.s306_stored_statistics import ADVICE, forced  # noqa: PLC0415 -- reads data sets, too

    stored = [layer.name for layer, _ in forced(net, stored=True)]
    if stored:
        names = listed(map(quoted, stored))
        told = f"BatchNorm layers ({names}) divide by stored statistics, of which a net just drawn has none."
        return told, Remedy(ADVICE, searchable=False)
    raw = [data for data in net.inputs if is_raw(data)]
    if raw and not view.trace.has_debug_info:
        told = f"layer {quoted(raw[0].name)} {unscaled(raw[0])}."
        return told, scale_pixels(raw[0])
    wide = [gain.layer for gain in gains(view) if gain.off > SignalSize.far]
    if wide:
        return f"the weights of {listed(map(quoted, wide))} are drawn too wide.", None  # check H204 has the stds
    return _of_the_input(view, net, times)


def _of_the_input(view: View, net: Net, times: float) -> tuple[str, Remedy | None]:
    """The same where weights are drawn well: the input, or labels."""
    has_labels = any(loss.layer.type in _LABELLED for loss in net.losses)
    size = max((entry.size for entry in view.inputs), default=0.0)
    if size < LARGE if view.trace.has_debug_info else _are_scaled(net.inputs):
        if has_labels:
            return "as neither the input nor the weights are large, labels may lie outside of the classes.", _LABELS
        return "what makes it so large is not in the log.", None
    told = "the input is too large for weights like these"
    if view.trace.has_debug_info:
        scale = float(f"{1 / size:.1g}")
        advice = f"scale the input by {scale:g} in every phase: its mean |x| is {size:.3g}, and should be about 1"
        return f"{told}.", Remedy(advice, input_scale_factor=scale)
    if any(loss.layer.type in _SQUARED for loss in net.losses):
        times = math.sqrt(times)
    return f"{told}{', or labels lie outside of the classes' if has_labels else ''}.", _shrink(times)


def is_raw(data: DataInput) -> bool:
    """Whether a layer reads pictures and does not make their numbers smaller."""
    return data.kind in PICTURES and bool(data.features) and data.scale >= 1


def unscaled(data: DataInput) -> str:
    """What a layer that `is_raw` does, in words that go behind its name."""
    does = "does not scale them" if data.scale == 1 else f"multiplies them by {data.scale:g}"
    less = " less their mean" if data.mean_subtracted else ""
    return f"reads pictures and {does}, so the net gets values of up to {255 * data.scale:,.6g}{less}"


def scale_pixels(data: DataInput) -> Remedy:
    """What to do about it."""
    line = f"transform_param {{ scale: {PIXEL_SCALE:g} }}"
    if data.scale == 1:
        by, has = f"{PIXEL_SCALE:g} (1/256)", "has no"
    else:
        by, has = f"1/256, not by {data.scale:g},", "wants"
    why = f"pixels go from 0 to 255, and layer {quoted(data.name)} {has} {line}"
    return Remedy(f"scale the input by {by} in every phase: {why}", input_scale_factor=PIXEL_SCALE / data.scale)


def _are_scaled(inputs: Sequence[DataInput]) -> bool:
    """Whether all of the input are pictures that a scale makes small, as far as the net's text tells."""
    signals = [data for data in inputs if data.features]
    return bool(signals) and all(data.kind in PICTURES and data.scale * 255 < 10 * LARGE for data in signals)


def _shrink(times: float) -> Remedy:
    share = f"1/{float(f'{times:.2g}'):g}"
    return Remedy(
        f"scale the input to about unit size in every phase: by {share} or less, going by the first loss beside that "
        "of a guess; `autofix inspect` tells what a data set holds"
    )
