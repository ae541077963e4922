"""What `autofix diagnose` says of recorded logs, in every dialect, and of damaged ones."""

from __future__ import annotations

import json
import re
from copy import deepcopy
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

import fuzz
import pytest
from dialects import DIALECTS

from autofix.debuginfo import build_trace, read_trace
from autofix.health import Severity
from autofix.report import to_json
from autofix.report.diagnosis import Diagnosed, diagnose

LOGS = sorted((Path(__file__).parent / "logs").glob("*.log"))
FIELDS = ("iteration", "phase", "layer", "blob", "kind")
WITHOUT_PLACES = ("GLOG_log_prefix=0", "prefix shortened by hand")  # they do not say which file a line is from
each_log = pytest.mark.parametrize("path", LOGS, ids=lambda path: path.stem)


def expected(path: Path) -> dict[str, Any]:
    facts: dict[str, Any] = json.loads(path.with_suffix(".json").read_text())
    return facts


def printed(found: Diagnosed) -> dict[str, Any]:
    """What --json prints."""
    answer: dict[str, Any] = json.loads(to_json(found.diagnosis), parse_constant=pytest.fail)
    return answer


@cache
def as_recorded(path: Path, whole: bool) -> dict[str, Any]:
    """What is printed of a log, with or without its last line."""
    lines = path.read_text().splitlines(keepends=True)
    return printed(diagnose(build_trace(lines if whole else lines[:-1]), path.name))


@each_log
def test_the_diagnosis_is_the_one_the_training_was_made_for(path: Path) -> None:
    wanted, found = expected(path), printed(diagnose(read_trace(path), path.name))
    assert found["schema"] == 1
    assert found["verdict"] == wanted["diagnosis"]["verdict"]
    errors = [finding["code"] for finding in found["findings"] if finding["severity"] == Severity.ERROR.value]
    assert errors == wanted["diagnosis"]["errors"]
    if "iterations" in wanted:
        assert found["iterations"] == len(set(wanted["iterations"]))
    if "first_bad" in wanted:
        bad = found["first_bad"]
        assert (bad and {field: bad[field] for field in FIELDS}) == wanted["first_bad"]
    way = wanted["diagnosis"].get("way", [])
    steps = [step["layer"] for step in found["travelled"] if step["layer"] is not None]
    layers = steps if len(way) > len(set(way)) else [layer for layer, _ in groupby(steps)]
    assert layers[: len(way)] == way


def test_a_loss_printed_below_zero_behind_a_spike_is_no_finding() -> None:
    """Caffe's rounding did that, and without outputs nothing tells what the losses were."""
    path = next(path for path in LOGS if path.stem == "spike")
    trace = build_trace([line for line in path.read_text().splitlines() if "Train net output" not in line])
    assert (trace.loss < -0.02).sum() > 3
    assert [found.code for found in diagnose(trace, path.name).diagnosis.findings] == ["H103", "D104"]


def test_a_solver_that_is_damaged_in_the_log_tells_nothing_of_debug_info() -> None:
    path = next(path for path in LOGS if path.stem == "no-debug-info")
    log = path.read_text().replace("debug_info: false", "debug_info: fe")
    notes = diagnose(build_trace(log.splitlines()), path.name).diagnosis.notes
    assert notes[0].startswith("The log has no debug_info lines: what it tells")


def test_a_net_that_is_damaged_in_a_log_without_an_iteration_ends_in_no_traceback() -> None:
    path = next(path for path in LOGS if path.stem == "healthy")
    setup = path.read_text().partition("[Forward]")[0].rpartition("\n")[0]
    damaged = setup.replace('name: "fc1"', "name: -nan")
    assert damaged != setup
    assert diagnose(build_trace(damaged.splitlines()), path.name).diagnosis.layers.rows == ()


@each_log
def test_every_finding_says_what_and_every_error_where(path: Path) -> None:
    for finding in diagnose(read_trace(path), path.name).diagnosis.findings:
        assert finding.explanation.endswith(".")
        assert finding.severity is not Severity.ERROR or finding.iteration is not None or finding.code == "D101"


@each_log
def test_what_the_log_says_of_the_net_is_used(path: Path) -> None:
    view = diagnose(read_trace(path), path.name).judged.view
    assert (view.net is not None) == (path.stem != "not-a-net" or view.trace.net_text != "")


@pytest.mark.parametrize("dialect", DIALECTS)
@each_log
def test_every_dialect_is_diagnosed_alike(path: Path, dialect: str) -> None:
    one = deepcopy(as_recorded(path, whole=dialect != "last line lost"))
    other = printed(diagnose(build_trace(DIALECTS[dialect](path.read_text()).splitlines(keepends=True)), path.name))
    if dialect in WITHOUT_PLACES:
        assert expected(path).get("fatal", "") in str(one)
        for finding in (*one["findings"], *other["findings"]):
            finding["explanation"] = re.sub(r": \w+\.\wpp:\d+: ", ": ", finding["explanation"])
    assert one == other


def test_damaged_logs_give_no_traceback_and_are_read_alike_whole_and_in_parts() -> None:
    fuzz.fuzz(300)
