"""What is decided depends on the log alone, never on how fast it came."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autofix.health import Decision, Facts, Judge, View
from autofix.search.watch import Watch, due

LOGS = Path(__file__).parents[1]
NAMES = ("debuginfo/logs/healthy.log", "debuginfo/logs/nan-forward.log", "health/logs/learns.log")


def pieces(log: bytes, sizes: Iterator[int]) -> Iterator[bytes]:
    """The log in runs of whole lines."""
    lines = log.splitlines(keepends=True)
    while lines:
        size = next(sizes)
        yield b"".join(lines[:size])
        lines = lines[size:]


def watched(log: bytes, sizes: Iterator[int]) -> tuple[Decision | None, int]:
    watch = Watch(Facts(2.3, "ln 10"), Judge(), lambda _event: None, "000")
    any(watch(piece) for piece in pieces(log, sizes))
    view: View = watch.close()
    return watch.decision, len(view)


@pytest.mark.parametrize("name", NAMES)
@given(sizes=st.lists(st.integers(1, 400), min_size=1, max_size=20))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_the_decision_is_the_same_however_the_log_comes(name: str, sizes: list[int]) -> None:
    log = (LOGS / name).read_bytes()
    turn = (sizes[index % len(sizes)] for index in range(10**6))
    assert watched(log, turn) == watched(log, iter([10**6] * 3))


def test_a_number_that_is_not_finite_is_judged_at_once() -> None:
    decision, rows = watched((LOGS / "debuginfo/logs/nan-forward.log").read_bytes(), iter([10**6] * 3))
    assert decision is not None
    assert decision.iteration <= rows


def test_judging_gets_rarer_and_never_misses_the_cap() -> None:
    counts = list(islice(due(300), 200))
    assert counts[:5] == [1, 2, 3, 4, 5]
    assert 300 in counts
    assert counts == sorted(set(counts))
    assert sum(count <= 300 for count in counts) < 60
