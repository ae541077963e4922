"""Where a rule says that Caffe stops, it does; what Caffe knows by name, the rules know too."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from static_cases import CASES, Case

from autofix.caffe import CPU, Job, find
from autofix.health.static.fields import FIELDS, REPEATED, STOCK, WORDS, kind_of

pytestmark = pytest.mark.caffe
STOPPING = [case for case in CASES if case.sick and re.search(r"\bstops\b|cannot read", case.expected)]


def trains(solver: Path) -> bool:
    """Whether plain Caffe comes to the end of a training."""
    command = find().train_command(Job(solver, solver.parent, solver.parent / "unused.log", CPU))
    environment = os.environ | {"GLOG_logtostderr": "1", "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(command, cwd=solver.parent, env=environment, capture_output=True, check=False)
    return b"Optimization Done." in done.stderr  # which may hold any bytes of a broken file


@pytest.mark.parametrize("case", STOPPING, ids=lambda case: case.id)
def test_caffe_stops_where_a_rule_says_so(case: Case, tmp_path: Path) -> None:
    case.load(tmp_path)
    assert not trains(tmp_path / "solver.prototxt")


def test_caffe_trains_the_nets_that_the_cases_share(tmp_path: Path) -> None:
    next(case for case in CASES if case.id == "S110-well-usual").load(tmp_path)
    assert trains(tmp_path / "solver.prototxt")


def test_the_fields_are_those_of_caffe(caffe_proto: ModuleType) -> None:
    proto = caffe_proto
    names = {
        "solver": "SolverParameter",
        "net": "NetParameter",
        "layer": "LayerParameter",
        "layers": "V1LayerParameter",
        "v0": "V0LayerParameter",
    }
    names |= {"state": "NetState", "rule": "NetStateRule", "param": "ParamSpec", "filler": "FillerParameter"}
    messages = {block: getattr(proto, name).DESCRIPTOR for block, name in names.items()}
    for field in messages["layer"].fields:
        if field.name.endswith("_param"):
            messages[field.name] = field.message_type
    for block, message in messages.items():
        theirs = {field.name: field.is_repeated for field in message.fields}
        assert set(theirs) <= set(FIELDS[block]), block
        assert {name for name, repeated in theirs.items() if repeated} <= REPEATED[block], block
        for field in message.fields:
            assert kind_of(block, field.name) == kind_in_caffe(field), (block, field.name)
            if field.enum_type is not None and field.name != "type":
                assert {value.name for value in field.enum_type.values} <= set(WORDS[field.name])


def kind_in_caffe(field: Any) -> str:
    """A field's kind by its declaration; some are whole numbers in one block and counts in another."""
    kinds = {
        field.TYPE_STRING: "text",
        field.TYPE_ENUM: "word",
        field.TYPE_BOOL: "switch",
        field.TYPE_FLOAT: "number",
        field.TYPE_MESSAGE: "block",
        field.TYPE_UINT32: "count",
    }
    looser = field.name in ("input_dim", "new_height", "new_width")
    return "whole" if looser else kinds.get(field.type, "whole")


def test_the_types_are_those_of_caffe(tmp_path: Path) -> None:
    """Caffe lists the types it has when it meets one it does not have."""
    next(case for case in CASES if case.id == "S202-sick-misspelt").load(tmp_path)
    solver = tmp_path / "solver.prototxt"
    command = find().train_command(Job(solver, tmp_path, tmp_path / "unused.log", CPU))
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    known = done.stderr.partition("(known types: ")[2].partition(")")[0].split(", ")
    assert len(known) > 40
    assert set(known) <= STOCK
