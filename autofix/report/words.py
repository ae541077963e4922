"""Values in the words that pages show."""

from __future__ import annotations

import math
from collections.abc import Mapping

from autofix.health import Finding

HEADLINES = {
    "fixed": "Fixed",
    "already-stable": "Nothing to fix",
    "provisional": "Not proved",
    "not-fixed": "Not fixed",
    "interrupted": "Interrupted",
    "failed": "Caffe cannot run this training",
}


def sentence(text: str) -> str:
    """Return ``text`` with a full stop and, unless it starts with a name such as base_lr, a capital."""
    whole = text[:1].upper() + text[1:] if text.partition(" ")[0].isalpha() else text
    return whole if whole.endswith((".", "!", "?", ":")) else f"{whole}."


def placed(finding: Finding) -> str:
    """Return what was seen, behind its place in a file where it has one."""
    return f"{finding.file}:{finding.line}: {finding.explanation}" if finding.file else finding.explanation


def number(value: float | None) -> str:
    """Return ``value`` with three significant digits; a dash where there is none."""
    return "–" if value is None or math.isnan(value) else f"{value:.3g}"


def parameters(params: Mapping[str, float]) -> str:
    """Return the study's parameters on one line."""
    return ", ".join(f"{name} {number(value)}" for name, value in params.items())


def duration(seconds: float) -> str:
    """Return a time in the unit that suits it."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
