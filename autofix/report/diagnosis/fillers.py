"""Weights that are drawn too wide, all layers together: what check H204 says of each layer alone is not enough then."""

from __future__ import annotations

from dataclasses import replace
from math import prod

from autofix.health import Finding, Remedy, View, gains
from autofix.health.gains import BASIS, FAR, OFF, wanted


def together(finding: Finding, view: View) -> Finding:
    """Return the finding of check H204 on weights that are too wide with every layer that adds to the trouble.

    In a net of nine layers each of which makes the signal 2.4 times as large, only the last may be far off by itself;
    drawn anew alone, it leaves a signal that is a thousand times too large.
    """
    wide = [gain for gain in gains(view) if gain.off > OFF]
    if finding.remedy is None or prod(gain.off for gain in wide) <= FAR:
        return finding
    stds = {gain.layer: gain.keeping for gain in wide}
    if stds.keys() <= finding.remedy.filler_stds.keys():
        return finding
    advice = f"draw the weights so that the signal keeps its size: std {wanted(wide)}; {BASIS}"
    return replace(finding, remedy=Remedy(advice, filler_stds={**finding.remedy.filler_stds, **stds}))
