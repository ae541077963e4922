"""Values to JSON, and texts to files: each is written whole or not at all."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from autofix.health.finding import UNTOLD


def to_json(value: object) -> str:
    """Return frozen values as strict JSON: NaN and infinity, for which it has no word, become strings."""
    return json.dumps(_strict(value), indent=2, allow_nan=False, ensure_ascii=False)


def write_text(path: Path, text: str) -> None:
    """Write ``text`` beside ``path`` and move it there."""
    half = path.with_name(f".{path.name}.half")
    half.write_text(text, encoding="utf-8", errors="surrogateescape", newline="")
    half.replace(path)


def _strict(value: Any) -> Any:
    """Return what JSON has words for. (A library for this takes longer to load than a log to read.)"""
    if is_dataclass(value):
        told = (field.name for field in fields(value) if not field.metadata.get(UNTOLD))
        return {name: _strict(getattr(value, name)) for name in told}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {key: _strict(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_strict(item) for item in value]
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value
