"""Whether the data still reaches a loss through layers that learn."""

from __future__ import annotations

from collections.abc import Collection

from autofix.model import Net


def cut_off(net: Net | None, still: Collection[str]) -> bool:
    """Whether every way from the data to a loss leads through one of the layers ``still``.

    One layer at rest ends the learning of a plain chain; with branches or shortcuts around it, others may go on.
    Without a net any such layer is taken to be on every way.
    """
    if not still:
        return False
    if net is None:
        return True
    reached = {blob for data in net.inputs for blob in data.features}
    for layer in net.layers:
        if not layer.bottoms:
            continue
        if layer.name in still or not reached.intersection(layer.bottoms):
            reached.difference_update(layer.tops)
        else:
            reached.update(layer.tops)
    return not any(loss.prediction in reached for loss in net.losses)
