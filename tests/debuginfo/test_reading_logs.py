"""The lines that docs/reading-logs.md quotes are in the recorded logs, in that order."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
QUOTES = re.findall(r"^```text (\S+)\n(.*?)^```$", (TESTS.parent / "docs/reading-logs.md").read_text(), re.M | re.S)


def test_there_are_quotes_from_many_logs() -> None:
    assert len({name for name, _ in QUOTES}) > 7


@pytest.mark.parametrize(("name", "text"), QUOTES, ids=[f"{name}-{place}" for place, (name, _) in enumerate(QUOTES)])
def test_quoted_lines_are_in_the_log(name: str, text: str) -> None:
    (path,) = TESTS.glob(f"*/logs/{name}")
    log, end = path.read_text(), 0
    for line in text.splitlines():
        found = re.compile(rf"(?:\] +|^){re.escape(line)}$", re.M).search(log, end)
        assert found, line
        end = found.end()
