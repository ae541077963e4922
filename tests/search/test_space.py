"""Every candidate has its place in the space, and every place its candidate."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autofix.health import Gain
from autofix.model import Candidate, Training
from autofix.search.space import Coordinates

GAINS = (Gain("ip1", 1.0, 0.1, std=0.05, keeping=0.5), Gain("ip2", 0.1, 0.1, std=0.2, keeping=0.2))


@pytest.fixture
def coordinates(training: Training) -> Coordinates:
    return Coordinates.around(training, 30.0, GAINS)


def test_as_written_lies_where_the_files_say(coordinates: Coordinates) -> None:
    params = coordinates.params(Candidate())
    assert params["base_lr"] == 0.1
    assert params["input_scale"] == 1.0
    assert params["filler_std"] == pytest.approx(math.sqrt(0.1 * 1.0))  # the geometric mean of 0.05/0.5 and 0.2/0.2


def test_a_place_gives_every_layer_its_own_std(coordinates: Coordinates) -> None:
    candidate = coordinates.candidate({"base_lr": 0.0123, "input_scale": 0.0344, "filler_std": 2.0})
    assert candidate == Candidate(0.012, 0.034, {"ip1": 1.0, "ip2": 0.4})  # two digits: people read the diff


@given(
    base_lr=st.floats(1e-12, 1e12),
    size=st.one_of(st.just(math.nan), st.just(0.0), st.floats(1e-6, 1e9)),
)
def test_the_ranges_hold_the_training_as_written(base_lr: float, size: float) -> None:
    coordinates = Coordinates(base_lr, size if size > 0 else 1.0, {"ip1": 0.0}, {"ip1": 0.5})
    params = coordinates.params(Candidate())
    for name, span in coordinates.space.items():
        assert span.low <= params[name] * (1 + 1e-9)
        assert params[name] <= span.high * (1 + 1e-9)


def test_without_fillers_to_change_there_is_no_filler_parameter(training: Training) -> None:
    coordinates = Coordinates.around(training, math.nan, ())
    assert set(coordinates.space) == set(coordinates.params(Candidate())) == {"base_lr", "input_scale"}


def test_coordinates_survive_the_study(coordinates: Coordinates) -> None:
    assert Coordinates.from_json(coordinates.to_json()) == coordinates
