"""Labelling on real Caffe: right on cases that are soon over, and safe to stop and go on."""

from __future__ import annotations

import json
import math

import pytest

from autofix.caffe import find
from studies import label, truth
from studies.corpus import NETS, select
from studies.truth import answers, records


def run(tmp_path, cache, *arguments: str) -> list[truth.Record]:
    results = tmp_path / "results.jsonl"
    label.main([*arguments, "--data", str(cache), "--results", str(results)])
    return truth.read(results)


@pytest.mark.caffe
@pytest.mark.parametrize(
    ("case", "expected"),
    [
        ("hinge", "stable-and-learning"),
        ("hinge+lr=x100", "diverged"),
        ("hinge+nan-record", "diverged"),
        ("hinge+no-filler", "dead"),
        ("diabetes+lr=x300", "diverged"),
        ("lenet+schedule=step-without-stepsize", "cannot-run"),
    ],
)
def test_a_case_gets_its_label(case, expected, tmp_path, cache):
    (record,) = run(tmp_path, cache, "--cases", case, "--seeds", "1")
    assert record["label"] == expected
    assert record["curve"] or expected == "cannot-run"


@pytest.mark.caffe
@pytest.mark.parametrize("net", NETS)
def test_caffe_trains_each_net_for_two_iterations_and_tells_its_answers(net, tmp_path, cache):
    made = label.materialise(select(net)[0], tmp_path, cache)
    (tmp_path / "solver.prototxt").write_text(made.solve(max_iter=2, test_interval=2).solver.text)
    run = truth.training.train(find().path, tmp_path, seed=1)
    assert run.finished
    assert len(run.losses) == 3  # one more forward pass at the end
    assert run.tests
    spread = answers.spread(find().path, tmp_path, made, run)
    assert spread is not None
    assert math.isfinite(spread)
    deployed = answers.deployed(find().path, tmp_path, made, run)
    assert (deployed is not None) == (net == "resnet")  # the one with BatchNorm
    assert deployed is None or math.isfinite(deployed)
    assert (run.main is not None) == (net == "inception")  # the one with several losses
    assert len(run.curve) == 3


def test_what_is_labelled_is_not_done_again(tmp_path):
    results = tmp_path / "results.jsonl"
    todo = label.plan("hinge,hinge+lr=x3", (1, 2), results)
    assert [(case.id, seed) for case, seed in todo] == [
        ("hinge", 1), ("hinge+lr=x3", 1), ("hinge", 2), ("hinge+lr=x3", 2),
    ]  # fmt: skip
    records.append(results, {"case": "hinge", "seed": 1})
    assert label.plan("hinge,hinge+lr=x3", (1, 2), results) == todo[1:]
    assert label.plan("hinge,hinge+lr=x3", (1, 2), results, again=True) == todo


def test_a_label_that_is_made_again_takes_the_place_of_the_old(tmp_path):
    results = tmp_path / "results.jsonl"
    for label_of_run in ("stable-and-learning", "dead"):
        records.append(results, {"case": "hinge", "seed": 1, "label": label_of_run})
    assert [record["label"] for record in truth.read(results)] == ["dead"]


def test_several_at_a_time_begin_with_what_took_longest_and_with_what_is_not_known(tmp_path):
    results = tmp_path / "results.jsonl"
    records.append(results, {"case": "hinge", "seed": 1, "seconds": 1.0})
    records.append(results, {"case": "lenet", "seed": 1, "seconds": 5.0})
    todo = label.plan("hinge,lenet,rnn", (1, 2), results, longest_first=True)
    assert [(case.id, seed) for case, seed in todo] == [("rnn", 1), ("rnn", 2), ("lenet", 2), ("hinge", 2)]


def test_results_of_two_machines_become_one_and_what_was_known_stays(tmp_path):
    mine, other = tmp_path / "mine.jsonl", tmp_path / "other.jsonl"
    records.append(mine, {"case": "hinge", "seed": 1, "label": "dead"})
    records.append(other, {"case": "hinge", "seed": 1, "label": "diverged"})
    records.append(other, {"case": "rnn", "seed": 1, "label": "dead"})
    (line,) = label.merge(mine, [other])
    assert "hinge seed 1: dead is kept" in line
    assert {(one["case"], one["label"]) for one in truth.read(mine)} == {("hinge", "dead"), ("rnn", "dead")}
    assert list(label.merge(mine, [other])) == [line]


def test_labels_that_were_made_again_take_the_place_of_the_old(tmp_path):
    mine, other = tmp_path / "mine.jsonl", tmp_path / "other.jsonl"
    records.append(mine, {"case": "hinge", "seed": 1, "label": "dead"})
    records.append(other, {"case": "hinge", "seed": 1, "label": "diverged"})
    (line,) = label.merge(mine, [other], again=True)
    assert "takes the place of dead" in line
    assert [one["label"] for one in truth.read(mine)] == ["diverged"]


def test_lines_of_several_methods_on_one_run_are_all_kept(tmp_path):
    path = tmp_path / "repair.jsonl"
    for method in ("autofix", "tpe", "autofix"):
        records.append(path, {"case": "hinge", "seed": 1, "method": method})
    assert [one["method"] for one in truth.read(path)] == ["autofix", "tpe"]


@pytest.mark.caffe
def test_when_the_time_is_up_nothing_is_begun_and_what_runs_is_given_up(tmp_path, cache, capsys):
    assert run(tmp_path, cache, "--cases", "lenet", "--seeds", "1", "--seconds", "0") == []
    assert "the time is up" in capsys.readouterr().out
    assert run(tmp_path, cache, "--cases", "lenet,autoencoder", "--seeds", "1", "--seconds", "1.5", "--jobs", "2") == []


def test_a_line_torn_by_a_kill_is_done_again_and_does_no_harm(tmp_path):
    results = tmp_path / "results.jsonl"
    records.append(results, {"case": "hinge", "seed": 1})
    with results.open("a") as file:
        file.write('{"case":"hinge","se')
    assert [record["seed"] for record in truth.read(results)] == [1]
    records.append(results, {"case": "hinge", "seed": 2})
    assert [record["seed"] for record in truth.read(results)] == [1, 2]
    assert all(json.loads(line) for line in results.read_text().splitlines())
