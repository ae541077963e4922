"""The smallest patch: changes that turn out not to be needed are taken back (delta debugging, Zeller 1999)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from autofix.model import Candidate

Part = str
Holds = Callable[[Candidate], bool]
FILLER = "filler_std:"


def parts(candidate: Candidate) -> tuple[Part, ...]:
    """Return what can be taken back on its own, by knob: the fillers of layers first."""
    return tuple(sorted(candidate.knobs, key=lambda knob: not knob.startswith(FILLER)))


def keep(candidate: Candidate, kept: Sequence[Part]) -> Candidate:
    """Return ``candidate`` with only the ``kept`` parts of its changes."""
    return candidate.only(set(kept))


def left_out(full: Candidate, smaller: Candidate) -> str:
    """Return in words what ``smaller`` leaves as it was written."""
    gone = [part for part in parts(full) if part not in smaller.knobs]
    layers = [part.removeprefix(FILLER) for part in gone if part.startswith(FILLER)]
    knobs = [part.replace(":", " of ") for part in gone if not part.startswith(FILLER)]
    return " and ".join([*([f"the weights of {', '.join(layers)}"] if layers else []), *knobs])


def shrink(candidate: Candidate, holds: Holds) -> Candidate:
    """Return the smallest candidate found that still holds.

    Args:
        holds: tries a smaller candidate; False also where no budget is left for it.
    """
    kept = list(parts(candidate))
    for group in _groups(candidate):
        without = [part for part in kept if part not in group]
        if len(without) < len(kept) and without and holds(keep(candidate, without)):
            kept = without
    return keep(candidate, kept)


def _groups(candidate: Candidate) -> list[set[Part]]:
    """What to try to take back, large groups first: whole knobs, then halves and quarters of the fillers."""
    layers = [part for part in parts(candidate) if part.startswith(FILLER)]
    knobs = [{part} for part in parts(candidate) if part not in layers]
    halves = _halves(layers)
    quarters = [quarter for half in halves for quarter in _halves(half)]
    return [set(layers), *knobs, *map(set, (*halves, *quarters))]


def _halves(layers: list[Part]) -> list[list[Part]]:
    """Both; none of what cannot be halved."""
    half = len(layers) // 2
    return [layers[:half], layers[half:]] if half else []
