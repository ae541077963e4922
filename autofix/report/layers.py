"""Each layer before and after: facts, no ink."""

from __future__ import annotations

from dataclasses import dataclass

from autofix.health import Gain
from autofix.report.runs import RunFacts, Share


@dataclass(frozen=True, slots=True)
class LayerFacts:
    """One layer's weights; None where a run does not tell."""

    layer: str
    gain_before: Gain | None
    gain_after: Gain | None
    share_before: Share | None
    share_after: Share | None


def compare(before: RunFacts | None, after: RunFacts | None) -> tuple[LayerFacts, ...]:
    """Return the layers with weights that either run tells of, in net order."""
    gain_before, gain_after = _gains(before), _gains(after)
    share_before, share_after = _shares(before), _shares(after)
    layers = dict.fromkeys([*share_before, *share_after, *gain_before, *gain_after])
    return tuple(
        LayerFacts(
            layer,
            gain_before.get(layer),
            gain_after.get(layer),
            share_before.get(layer),
            share_after.get(layer),
        )
        for layer in layers
    )


def _gains(run: RunFacts | None) -> dict[str, Gain]:
    return {gain.layer: gain for gain in run.gains} if run is not None else {}


def _shares(run: RunFacts | None) -> dict[str, Share]:
    return {share.layer: share for share in run.shares} if run is not None else {}
