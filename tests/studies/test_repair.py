"""The repair study: its order, what counts as broken, and one case from end to end on real Caffe."""

from __future__ import annotations

import math
import time
from pathlib import Path

import pytest

from autofix.caffe import Caffe
from studies.corpus import select
from studies.repair import tables
from studies.repair.__main__ import RESULTS
from studies.repair.facts import Results
from studies.repair.plan import mendable, plan, spread
from studies.repair.work import OURS, WRITTEN, Bench, Task
from studies.truth import records


def test_every_beginning_of_the_order_is_spread_over_the_nets() -> None:
    order = spread(select())
    nets = {case.net for case in order}
    assert {case.net for case in order[: len(nets)]} == nets
    assert sorted(case.id for case in order) == sorted(case.id for case in select())
    assert order == spread(select())


def test_shards_share_the_work_without_overlap() -> None:
    whole = plan("hinge*", None, [OURS, "tpe"], [1], "1/1", None)
    parts = [plan("hinge*", None, [OURS, "tpe"], [1], f"{part}/3", None) for part in (1, 2, 3)]
    assert sorted(task.key for part in parts for task in part) == sorted(task.key for task in whole)


def test_rivals_are_not_tried_on_what_no_setting_can_mend() -> None:
    tasks = plan("*", None, [OURS, "tpe"], [1], "1/1", None)
    assert all(mendable(task.case) and not task.case.sound for task in tasks if task.method == "tpe")


def test_a_search_is_not_begun_when_the_time_is_up(tmp_path: Path) -> None:
    (case,) = select("hinge+lr=x10")
    assert Bench(Caffe("executable", tmp_path), tmp_path, time.time())(Task(case, OURS)) is None


def test_the_tables_can_be_made_of_what_is_committed() -> None:
    assert any(line.startswith("| Autofix ") for line in tables.tables(records.read(RESULTS)))


@pytest.mark.caffe
def test_a_broken_case_is_repaired_and_plain_caffe_agrees(tmp_path: Path, caffe: Caffe) -> None:
    (case,) = select("hinge+lr=x10")
    bench = Bench(caffe, tmp_path, math.inf)
    lines = [bench(Task(case, method)) for method in (WRITTEN, OURS)]
    found = Results([line for line in lines if line is not None])
    assert found.broken(case)
    (repair,) = found.of(OURS)
    assert repair.repaired
    assert repair.trials <= 2
    assert set(repair.labels) == {"stable-and-learning"}
