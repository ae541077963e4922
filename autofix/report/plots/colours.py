"""Colours and marks that can be told apart without seeing colours: Okabe and Ito's palette, and viridis.

The palette itself stands in ``templates/plot.css``, which knows of dark mode; here are the shapes that go with it.
"""

from __future__ import annotations

from itertools import pairwise

from autofix.health import Verdict
from autofix.report.plots.svg import num

_VIRIDIS = ("440154", "472d7b", "3b528b", "2c728e", "21918c", "28ae80", "5ec962", "addc30", "fde725")
LEVELS = 33


def _steps() -> list[str]:
    anchors = [tuple(int(colour[at : at + 2], 16) for at in (0, 2, 4)) for colour in _VIRIDIS]
    parts = (LEVELS - 1) // (len(anchors) - 1)
    mixed = [
        tuple(round(a + (b - a) * part / parts) for a, b in zip(low, high, strict=True))
        for low, high in pairwise(anchors)
        for part in range(parts)
    ]
    return [f"#{red:02x}{green:02x}{blue:02x}" for red, green, blue in (*mixed, anchors[-1])]


VIRIDIS = tuple(_steps())  # [LEVELS], dark to light

_CIRCLE = "m-4.5 0a4.5 4.5 0 1 1 9 0a4.5 4.5 0 1 1-9 0z"
CROSS = "m-4-4l8 8m-8 0l8-8"
_SHAPES = {
    Verdict.STABLE: _CIRCLE,
    Verdict.DIVERGED: CROSS,
    Verdict.EXPLODING: "m0-5l5 9h-10z",
    Verdict.DEAD: "m-4-4h8v8h-8z",
    Verdict.NOT_LEARNING: "m0-5.5l5.5 5.5l-5.5 5.5l-5.5-5.5z",
    Verdict.INCONCLUSIVE: _CIRCLE,  # hollow
    Verdict.FAILED: "m0-5v10m-5-5h10",
}


def mark(verdict: Verdict, x: float, y: float) -> str:
    """The path of the mark that stands for ``verdict``, around (x, y)."""
    return at(x, y, _SHAPES[verdict])


def at(x: float, y: float, shape: str) -> str:
    """``shape``, a path of relative commands, at (x, y)."""
    return f"M{num(x)} {num(y)}{shape}"
