"""Probes that show every k-th iteration only, as the study of them takes them from probes that show each."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from autofix.caffe import CPU
from autofix.debuginfo import read_trace
from autofix.health import Judge, Verdict
from autofix.model import Candidate, load
from studies.corpus import materialise, select
from studies.gpu import trainings
from studies.gpu.thinned import Way, hasty, page, shows, thinned, ways
from studies.verdicts.outcome import Outcome


@pytest.fixture(scope="module")
def logged(caffe, cache, tmp_path_factory):
    """The traces of one training, by what it displayed."""
    home = tmp_path_factory.mktemp("thinned")
    materialise(select("hinge")[0], home / "case", cache)
    training = load(home / "case/solver.prototxt")
    for step in (1, 3):
        solver = {"display": step, "max_iter": 20}
        trainings.run(caffe, training, Candidate(), CPU, home / str(step), seconds=60, threads=1, **solver)
    return {step: read_trace(home / str(step) / "log") for step in (1, 3)}


@pytest.mark.caffe
def test_a_thinned_log_is_what_caffe_shows_with_that_display(logged):
    made, real = thinned(logged[1], Way("", Judge(), 3)), logged[3]
    assert made.iterations.tolist() == real.iterations.tolist() == [0, 3, 6, 9, 12, 15, 18]
    assert made.keys == real.keys
    np.testing.assert_array_equal(made.values, real.values)
    np.testing.assert_allclose(made.loss, real.loss, rtol=1e-5)  # Caffe sums what it prints in single precision


@pytest.mark.caffe
def test_loss_alone_has_no_blobs(logged):
    shown = thinned(logged[1], Way("", Judge(), blobs=False))
    assert not shown.has_debug_info
    assert len(shown) == len(logged[1])


@pytest.mark.caffe
def test_a_log_that_ends_with_its_first_nan_is_too_short(logged):
    values = logged[1].values.copy()
    values[8:] = np.nan
    log = replace(logged[1], values=values, finished=False)
    assert shows(log, 10)
    assert not shows(log.at(slice(0, 10)), 10)
    assert shows(logged[1].at(slice(0, 10)), 10), "without NaN any length will do"


def test_shorter_waits_are_as_long_in_iterations():
    judge = Judge()
    other = hasty(judge, 5)
    assert other.stable.settle * 5 == judge.stable.settle
    assert {way.judge.cap * way.step for way in ways(judge)} <= {300, 301, 302, 304}


def test_the_page_counts_what_is_lost_and_what_it_costs():
    def outcomes(*said: Verdict) -> list[Outcome]:
        case = select("hinge")[0]
        group = [{"label": "stable-and-learning", "when": None}]
        return [Outcome.of(case, group, each, 100, "why") for each in said]

    first, other = Way("k = 1", Judge()), Way("k = 2", Judge(), 2)
    found = {
        "k = 1": (first, outcomes(Verdict.STABLE, Verdict.STABLE)),
        "k = 2": (other, outcomes(Verdict.STABLE, Verdict.INCONCLUSIVE)),
    }
    text = "\n".join(page(found))
    assert "| k = 1 | 0 | 0 | 0 | 0 | 0 | 0 | 200 | 100 % |" in text
    assert "| k = 2 | 0 | 0 | 0 | 1 | 1 | 0 | 200 | 91 % |" in text
    assert "- k = 2: 1 stable to inconclusive" in text
