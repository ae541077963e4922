"""Verdicts on the corpus: a sample on real Caffe, and what is written down of all of it."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from autofix.caffe import find
from autofix.debuginfo import read_trace
from autofix.health import Facts, Judge, Verdict, View
from studies import label, truth
from studies.corpus import select
from studies.verdicts import figures, probes, rivals
from studies.verdicts.facts import Knowledge
from studies.verdicts.outcome import Outcome
from studies.verdicts.replay import replay

# A case of each fate that is soon decided; what becomes of it in the long run stands in ground_truth.jsonl.
SAMPLE = {
    "hinge": Verdict.STABLE,
    "diabetes": Verdict.STABLE,
    "hinge+lr=x100": Verdict.DIVERGED,
    "hinge+no-filler": Verdict.DEAD,
    "diabetes+bias=-10@hidden2": Verdict.DEAD,
    "hinge+momentum=0.99+lr=x2": Verdict.EXPLODING,
    "deep+schedule=multistep-growing": Verdict.INCONCLUSIVE,
    "lenet+schedule=step-without-stepsize": Verdict.FAILED,
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory, cache):
    """Probes of the sample, by real Caffe."""
    home = tmp_path_factory.mktemp("probes")
    recorder = probes.Recorder(find().path, cache, home)
    for name in SAMPLE:
        recorder(select(name)[0])
    return home


@pytest.mark.caffe
@pytest.mark.parametrize("name", SAMPLE)
def test_a_short_probe_foretells_the_long_training(name, folder, cache):
    case = select(name)[0]
    known = Knowledge(folder, cache).of(case)
    said = replay(probes.trace_of(case, folder), known.facts, Judge())
    broken = {Verdict.DIVERGED, Verdict.EXPLODING}
    assert said.verdict is SAMPLE[name] or {said.verdict, SAMPLE[name]} == broken, said.why
    group = truth.by_case(truth.read(label.RESULTS))[name]
    outcome = Outcome.of(case, group, said.verdict, said.iterations, said.why)
    assert outcome.miss in ("", "left open")


def outcome(name: str, labels: str, said: Verdict | None, iterations: int = 10) -> Outcome:
    found = [{"label": one, "when": 500 if one == "diverged" else None} for one in labels.split()]
    return Outcome.of(select(name)[0], found, said, iterations, "why")


@pytest.mark.parametrize(
    ("labels", "said", "miss"),
    [
        ("stable-and-learning stable-and-learning", Verdict.STABLE, ""),
        ("stable-and-learning diverged", Verdict.STABLE, "called stable"),
        ("stable-and-learning stable-and-learning", Verdict.DEAD, "called broken"),
        ("stable-and-learning diverged", Verdict.EXPLODING, ""),
        ("dead dead", Verdict.DIVERGED, "another kind of broken"),
        ("dead dead", Verdict.NOT_LEARNING, ""),
        ("diverged diverged", Verdict.INCONCLUSIVE, "left open"),
        ("diverged diverged", None, ""),
        ("cannot-run cannot-run", Verdict.FAILED, ""),
    ],
)
def test_a_verdict_is_held_against_every_seed(labels, said, miss):
    assert outcome("hinge", labels, said).miss == miss


def test_figures_count_what_they_say():
    found = [
        outcome("hinge", "stable-and-learning", Verdict.STABLE, 30),
        outcome("hinge+lr=x10", "diverged", Verdict.STABLE, 40),
        outcome("hinge+lr=x100", "diverged", Verdict.DIVERGED, 4),
    ]
    text = "\n".join([*figures.aims(found), *figures.per_kind(found)])
    assert "| diverged called stable: none | 2 | 1 |" in text
    assert "| late failure called stable: none | 2 | 1 |" in text
    assert "| all | 3 | 1/2, 1/1 | 1/1, 1/2 |" in text


def test_other_rules_are_asked_what_their_authors_say(recorded_log):
    exploding, healthy = recorded_log("thrown-out"), recorded_log("small-net")
    assert rivals.nan_within(50)(exploding) is not None
    assert rivals.four_times_best(exploding) is not None
    assert rivals.nan_within(50)(healthy) is rivals.sagemaker_tensors(healthy) is rivals.autotrainer(healthy) is None


@pytest.fixture
def recorded_log():
    """A log of the checks' tests as a view."""
    logs = Path(__file__).parents[1] / "health" / "logs"
    return lambda name: View(Facts(), read_trace(logs / f"{name}.log"))


def test_the_page_and_the_table_hold_the_same_cases():
    results = label.RESULTS.with_name("verdicts.csv")
    lines = list(csv.DictReader(results.read_text().splitlines()))
    assert len({line["case"] for line in lines}) == len(lines)
    page = label.RESULTS.with_name("verdicts.md").read_text()
    for line in lines:
        if line["miss"]:
            assert f"| {line['miss']} | {line['case']} |" in page
