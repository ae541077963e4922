"""Recorded logs as views."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from autofix.debuginfo import IterationLoss, LearningRate, TraceBuilder, read_events, read_trace
from autofix.health import Facts, View

TESTS = Path(__file__).parents[1]
TWO_CLASSES = Facts(math.log(2), "ln 2, for 2 classes")  # all recorded nets have two classes, about as many of each


def _path(name: str) -> Path:
    folder, log = name.split("/")
    return TESTS / folder / "logs" / f"{log}.log"


@cache
def _view(name: str) -> View:
    return View(TWO_CLASSES, read_trace(_path(name)))


def _growing(name: str) -> Iterator[View]:
    builder = TraceBuilder()
    for event in read_events(_path(name).read_text().splitlines()):
        if builder.add(event) is not None:
            yield View(TWO_CLASSES, builder.trace())


def _losses(values: np.ndarray) -> Iterator[View]:
    builder = TraceBuilder()
    for iteration, loss in enumerate(values):
        builder.add(IterationLoss(iteration, float(loss)))
        builder.add(LearningRate(iteration, 0.01))
        yield View(TWO_CLASSES, builder.trace())


@pytest.fixture
def recorded() -> Callable[[str], View]:
    """A recorded log, whole."""
    return _view


@pytest.fixture
def growing() -> Callable[[str], Iterator[View]]:
    """A recorded log as a probe sees it: longer by an iteration each time."""
    return _growing


@pytest.fixture
def losses() -> Callable[[np.ndarray], Iterator[View]]:
    """A training without debug_info that has these losses, as it grows."""
    return _losses
