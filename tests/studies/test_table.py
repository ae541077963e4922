"""The table of results, and the results that are in the repository."""

from __future__ import annotations

import csv
from collections import Counter

from studies import label, truth
from studies.corpus import cases, select
from studies.truth import table

RESULTS = truth.by_case(truth.read(label.RESULTS))


def record(case: str, seed: int, name: str, when: int | None = None) -> truth.Record:
    return {"case": case, "seed": seed, "label": name, "when": when, "iterations": 10, "seconds": 1.0, "caffe": "1 a"}


def test_a_verdict_is_what_all_seeds_say():
    found = [
        record("hinge", 2, "dead"),
        record("hinge", 1, "dead"),
        record("lstm", 1, "dead"),
        record("lstm", 2, "diverged", 5),
    ]
    grouped = truth.by_case(found)
    assert [one["seed"] for one in grouped["hinge"]] == [1, 2]
    assert {case: truth.verdict(group) for case, group in grouped.items()} == {"hinge": "dead", "lstm": "mixed"}


def test_the_table_has_a_line_for_each_case_that_is_labelled(tmp_path):
    grouped = truth.by_case([record("hinge", 1, "dead"), record("hinge", 2, "diverged", 5)])
    table.write(tmp_path / "table.csv", select(), grouped)
    (line,) = csv.DictReader((tmp_path / "table.csv").read_text().splitlines())
    assert (line["case"], line["half"], line["verdict"]) == ("hinge", "tune", "mixed")
    assert (line["labels"], line["when"]) == ("dead diverged", "- 5")
    assert any("meant to be sound, but not: hinge" in text for text in table.summary(select(), grouped))


def test_every_case_is_labelled_with_every_seed():
    assert {case.id for case in cases()} <= {case for case, group in RESULTS.items() if len(group) == len(label.SEEDS)}


def test_each_run_is_in_the_results_once():
    counts = Counter((one["case"], one["seed"]) for group in RESULTS.values() for one in group)
    assert set(counts.values()) <= {1}


def test_what_is_meant_to_be_sound_is():
    sound = {case.id for case in cases() if case.sound}
    assert {case for case in sound if truth.verdict(RESULTS[case]) != truth.STABLE} == set()


def test_enough_is_broken_and_enough_is_sound():
    verdicts = Counter(truth.verdict(group) for group in RESULTS.values())
    assert verdicts[truth.STABLE] >= 60
    assert sum(verdicts[name] for name in ("diverged", "dead", "not-learning", "cannot-run")) >= 200
    assert verdicts["undecided"] == 0


def test_the_results_hold_no_case_that_is_gone_and_the_table_says_the_same():
    assert set(RESULTS) == {case.id for case in cases()}
    lines = csv.DictReader(label.RESULTS.with_suffix(".csv").read_text().splitlines())
    assert {line["case"]: line["verdict"] for line in lines} == {
        case: truth.verdict(group) for case, group in RESULTS.items()
    }
