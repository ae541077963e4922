"""The smallest patch: changes that turn out not to be needed are taken back (delta debugging, Zeller 1999)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from autofix.model import Candidate

Part = str
Holds = Callable[[Candidate], bool]
RATE, SCALE = "base_lr", "input_scale"


def parts(candidate: Candidate) -> tuple[Part, ...]:
    """Return what can be taken back on its own: base_lr, input_scale and each layer's filler."""
    knobs = [name for name in (RATE, SCALE) if getattr(candidate, name) is not None]
    return (*candidate.filler_stds, *knobs)


def keep(candidate: Candidate, kept: Sequence[Part]) -> Candidate:
    """Return ``candidate`` with only the ``kept`` parts of its changes."""
    return replace(
        candidate,
        base_lr=candidate.base_lr if RATE in kept else None,
        input_scale=candidate.input_scale if SCALE in kept else None,
        filler_stds={layer: std for layer, std in candidate.filler_stds.items() if layer in kept},
    )


def left_out(full: Candidate, smaller: Candidate) -> str:
    """Return in words what ``smaller`` leaves as it was written."""
    kept = parts(smaller)
    gone = [part for part in parts(full) if part not in kept]
    layers = [part for part in gone if part in full.filler_stds]
    knobs = [part for part in gone if part not in layers]
    return " and ".join([*([f"the weights of {', '.join(layers)}"] if layers else []), *knobs])


def shrink(candidate: Candidate, holds: Holds) -> Candidate:
    """Return the smallest candidate found that still holds.

    Args:
        holds: tries a smaller candidate; False also where no budget is left for it.
    """
    kept = list(parts(candidate))
    for group in _groups(candidate):
        without = [part for part in kept if part not in group]
        if group and without and holds(keep(candidate, without)):
            kept = without
    return keep(candidate, kept)


def _groups(candidate: Candidate) -> list[set[Part]]:
    """What to try to take back, large groups first: whole knobs, then halves of the fillers."""
    layers = list(candidate.filler_stds)
    half = len(layers) // 2
    knobs = [{name} for name in (RATE, SCALE) if getattr(candidate, name) is not None]
    halves = [set(layers[:half]), set(layers[half:])] if half else []
    return [set(layers), *knobs, *halves]
