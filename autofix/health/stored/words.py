"""Names and shares in sentences."""

from __future__ import annotations

from collections.abc import Sequence

NAMED = 3  # names in a sentence; the rest is counted


def listed(names: Sequence[str], what: str) -> str:
    """``names`` as a sentence has them: "conv1", "conv1 and conv2", "conv1, conv2, conv3 and 5 more layers"."""
    if len(names) > NAMED + 1:
        return f"{', '.join(names[:NAMED])} and {len(names) - NAMED} more {what}"
    return " and ".join(part for part in (", ".join(names[:-1]), *names[-1:]) if part)


def share(part: int, whole: int) -> str:
    """``part`` of ``whole`` in per cent, never rounded to none or to all of it."""
    percent = 100 * part / whole
    if part == whole:
        return "100 %"
    return f"{min(percent, 99.9):.1f} %" if percent >= 0.1 else "under 0.1 %"
