"""Pictures: well-formed, readable without eyes and without colours, and nothing of them beyond their edges."""

from __future__ import annotations

import math
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autofix.health import Facts, Verdict
from autofix.report.facts import TrialFacts
from autofix.report.html import style
from autofix.report.plots import Row, Series, common_scale, heat_map, loss_plot, probe_map, span_plot
from autofix.report.plots.axis import Axis, told
from autofix.report.plots.colours import VIRIDIS
from autofix.report.runs import read_run

LOGS = Path(__file__).parents[1] / "debuginfo/logs"
NAMES = ("healthy", "vanishing", "exploding", "late-collapse", "nan-forward", "nan-update", "recurrent", "crash")
finite = st.floats(1e-30, 1e30)


def pictures(name):
    run = read_run(LOGS / f"{name}.log", "as written", Verdict.DIVERGED, "", Facts())
    yield loss_plot([Series(run, "before"), Series(run, "after")], Facts(0.69, "the entropy"))
    for kind, heat in (("data", run.data), ("diff", run.diff)):
        yield heat_map(kind, f"Magnitudes <of> {kind}", heat, common_scale([heat]))
    rows = [Row(share.layer, (share.low, share.middle, share.high), None) for share in run.shares]
    spans = span_plot("shares", "Update/weight", rows, (1e-4, 1e-2))
    assert (spans is not None) is bool(rows)
    if spans is not None:
        yield spans


@pytest.mark.parametrize("name", NAMES)
def test_every_picture_is_well_formed_and_told_in_words(name):
    for picture in pictures(name):
        root = ET.fromstring(str(picture))
        assert root.get("role") == "img"
        title, description = (root.find(tag) for tag in ("title", "desc"))
        assert title.text == picture.title
        assert len(description.text) > 10
        assert root.get("aria-labelledby").split() == [title.get("id"), description.get("id")]
        ET.fromstring(picture.alone(style("plot.css")))


@pytest.mark.parametrize("name", NAMES)
def test_nothing_lies_beyond_the_edges(name):
    for picture in pictures(name):
        root = ET.fromstring(str(picture))
        _, _, width, height = map(float, root.get("viewBox").split())
        for text in root.iter("text"):
            size = 5.2 if "row" in text.get("class", "") else 6.0  # pixels a character is wide, about
            long, x = size * len(text.text), float(text.get("x"))
            left = {"end": x - long, "middle": x - long / 2}.get(text.get("class", "").split(" ")[-1], x)
            assert left >= -6, text.text
            assert left + long <= width + 6, text.text
            assert 0 < float(text.get("y")) <= height


def test_not_finite_and_zero_are_told_apart_without_colours():
    run = read_run(LOGS / "nan-update.log", "as written", Verdict.DIVERGED, "", Facts())
    picture = str(heat_map("data", "Magnitudes", run.data, common_scale([run.data])))
    for name, words in (("bad", "NaN or infinite"), ("zero", "exactly zero")):
        assert f'fill="url(#data-{name})"' in picture
        assert words in picture


def test_the_first_bad_value_is_pointed_out_and_named():
    run = read_run(LOGS / "nan-forward.log", "as written", Verdict.DIVERGED, "", Facts())
    picture = heat_map("data", "Magnitudes", run.data, common_scale([run.data]))
    assert 'class="first-bad"' in str(picture)
    assert picture.description.endswith("not finite: output logged of layer log it, iteration 7")


def test_a_net_without_numbers_has_no_picture():
    assert span_plot("gains", "Gains", [Row("ip1", None, None)], (0.3, 3)) is None
    assert loss_plot([], Facts()) is None
    assert probe_map("filler_std", [], None) is None


def trial(number, verdict, **params):
    return TrialFacts(number, params, "tpe", "w", verdict, "r", 1.0, 10, 0.1, ())


def test_the_map_has_every_trial_side_by_side_where_they_share_a_place():
    trials = [trial(number, verdict, base_lr=0.1, input_scale=1.0) for number, verdict in enumerate(Verdict)]
    trials.append(trial(99, Verdict.STABLE, base_lr=1e-5, input_scale=1e-3))
    root = ET.fromstring(str(probe_map("input_scale", trials, fix=99)))
    marks = [path for path in root.iter("path") if (tip := path.find("title")) is not None and "trial" in tip.text]
    assert len(marks) == len(trials)
    assert len({mark.get("d") for mark in marks}) == len(trials)
    numbers = {text.text for text in root.iter("text") if "halo" in text.get("class", "")}
    assert numbers == {str(each.number) for each in trials}


@given(st.lists(finite, min_size=1, max_size=5), st.booleans())
def test_axes_hold_their_values_and_a_few_ticks(values, log):
    axis = Axis.over(values, 0, 100, log=log)
    places = [axis.place(value) for value in sorted(values)]
    assert places == sorted(places)
    assert all(0 <= place <= 100 for place in places)
    assert all(axis.low <= tick * (1 + 1e-9) and tick <= axis.high * (1 + 1e-9) for tick in axis.ticks)
    assert len(axis.ticks) <= 12


@pytest.mark.parametrize("log", [True, False])
def test_axes_over_nothing_finite_still_stand(log):
    axis = Axis.over([math.nan, math.inf, *([0.0, -1.0] if log else [])], 0, 100, log=log)
    assert 0 <= axis.place(1.0) <= 100


@given(finite)
def test_ticks_are_told_in_few_characters(value):
    assert len(told(float(f"{value:.0e}"))) <= 7


def test_viridis_grows_lighter_all_the_way():
    def luminance(colour):
        red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    shades = [luminance(colour) for colour in VIRIDIS]
    assert shades == sorted(shades)


def test_a_log_that_goes_on_is_marked_where_it_was_lost():
    """The cross stood at the end of the log, three hundred iterations after the explosion."""
    run = read_run(LOGS / "exploding.log", "this log", Verdict.EXPLODING, "", Facts())
    end, early = (str(loss_plot([Series(run, "before", at)], Facts())) for at in (None, 6))
    assert "this log: exploding at iteration 20" in end
    assert "this log: exploding at iteration 6 " in early
