"""JSON that any parser takes, of values that JSON has no word for."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import Enum

from autofix.report import to_json


class Kind(str, Enum):
    ODD = "odd"


@dataclass(frozen=True)
class Value:
    kind: Kind
    values: tuple[float, ...]
    by_name: dict[str, float]
    nothing: None = None


def test_numbers_that_are_none_become_words():
    text = to_json(Value(Kind.ODD, (1.5, float("nan"), float("inf"), float("-inf")), {"ü": float("nan")}))
    assert json.loads(text, parse_constant=lambda word: 1 / 0) == {
        "kind": "odd",
        "values": [1.5, "nan", "inf", "-inf"],
        "by_name": {"ü": "nan"},
        "nothing": None,
    }
