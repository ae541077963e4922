"""How the terminal and the page show a diagnosis."""

from __future__ import annotations

import math
import re
from pathlib import Path

import numpy as np
import pytest
from diagnosing import NAN, block, found, in_one_line, shown

from autofix.debuginfo import Forward, IterationLoss, Wired, build_trace, read_trace
from autofix.health import Severity, Verdict
from autofix.report.diagnosis import diagnose, judge_run
from autofix.report.diagnosis.magnitudes import BAD, ZERO, plots
from autofix.report.diagnosis.page import write_page

LOGS = sorted((Path(__file__).parents[1] / "debuginfo/logs").glob("*.log"))
each_log = pytest.mark.parametrize("path", LOGS, ids=lambda path: path.stem)


@each_log
def test_the_terminal_needs_neither_colours_nor_more_than_sixty_columns(path: Path) -> None:
    text = shown(diagnose(read_trace(path), path.name))
    assert "\x1b" not in text
    assert max(map(len, text.splitlines())) <= 60
    assert in_one_line(text).startswith(f"{path.name}: ")
    # What debug_info logs of a blob is its mean absolute value; norms, which the totals line has, are told of bursts
    # and of clipping alone.
    assert "norm" not in re.sub(r"has\s+a\s+norm\s+of|usual\s+norm\s+of|their\s+norm\s+is", "", text)


def test_strips_show_size_zero_and_what_is_not_finite() -> None:
    rows = [block(0, x=1e-3, g=0.0), block(1, x=1.0, g=0.0), block(2, x=NAN, g=NAN)]
    loss, outputs, gradients = plots(found(*rows).judged.view, width=10)
    assert [strip.cells for strip in outputs.strips] == ["███", f"▁█{BAD}"]
    assert [strip.cells for strip in gradients.strips] == [f"{ZERO}{ZERO}{BAD}"]
    assert loss.strips[0].first == 0.7


def test_a_plot_tells_its_scale_where_it_has_one() -> None:
    zeros = [block(iteration, g=0.0) for iteration in range(3)]
    assert f"mean |g|: {ZERO} zero\n" in shown(found(*zeros))
    assert "█ 1e+12 and more" in shown(found(*zeros, block(3, x=1e20)))


def test_a_gradient_that_was_lost_is_told_from_where_it_is_zero() -> None:
    rows = [block(iteration, g=0.01 if iteration < 10 else 0.0) for iteration in range(30)]
    (finding,) = (each for each in found(*rows).diagnosis.findings if each.code == "H201")
    assert finding.iteration == 10
    assert "any more, so they no longer change" in finding.explanation


def test_strips_end_soon_after_the_first_bad_value() -> None:
    rows = [*(block(iteration) for iteration in range(40)), *(block(iteration, x=NAN) for iteration in range(40, 4000))]
    *_, outputs, _ = plots(found(*rows).judged.view, width=60)
    assert 5 < outputs.strips[1].cells.count(BAD) < 20


def test_the_page_draws_magnitudes_no_further_than_the_terminal_does(tmp_path: Path) -> None:
    """Of a training that was NaN after 11 of 300 iterations, the page showed nothing but NaN."""
    write_page(found(*map(block, range(40)), *(block(at, x=NAN) for at in range(40, 4000))), tmp_path / "page.html")
    assert "drawn up to iteration 52" in (tmp_path / "page.html").read_text()


def test_a_layer_that_gets_only_zeros_has_no_infinite_gain_on_the_page(tmp_path: Path) -> None:
    rows = [[Forward("data", "data", 0.0), *block(at)[1:]] for at in range(3)]
    write_page(found(Wired("fc", "data", False, "train"), *rows), tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text()
    assert "<td>gets only zeros</td>" in page
    assert ">inf<" not in page


def test_a_strip_shows_the_largest_of_each_part() -> None:
    values = np.ones(100)
    values[37] = 1000.0
    rows = [block(iteration, x=float(value)) for iteration, value in enumerate(values)]
    *_, outputs, _ = plots(found(*rows).judged.view, width=10)
    assert outputs.strips[1].cells.index("█") == 3
    assert math.isclose(outputs.high, 1000.0)


@each_log
def test_the_page_stands_alone(path: Path, tmp_path: Path) -> None:
    write_page(diagnose(read_trace(path), path.name), tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text()
    assert not re.search(r"(?:src|href)=[\"'](?!data:|#)", page)
    assert "<script" not in page
    assert path.name in page
    debug_info = "[Forward]" in path.read_text()
    assert (page.count("<svg") >= 3) is debug_info


def test_names_in_a_log_are_text_on_the_page(tmp_path: Path) -> None:
    evil = [Forward("<b>&", "<b>&", NAN), IterationLoss(0, NAN)]
    write_page(found(*evil), tmp_path / "page.html")
    assert "<b>" not in (tmp_path / "page.html").read_text()


@pytest.mark.parametrize(("running", "severity"), [(True, Severity.ERROR), (False, Severity.WARNING)])
def test_a_spike_that_a_stable_training_came_back_from_is_a_warning_once_it_has_ended(
    running: bool, severity: Severity
) -> None:
    log = (LOGS[0].parents[2] / "health/logs/learns.log").read_text()
    before, mark, after = log.partition("Iteration 4,")
    spot = "[Forward] Layer fc1, top blob fc1 data: "
    before = re.sub(rf"(?s)(.*{re.escape(spot)})[-+.\de]+", r"\g<1>1e+09", before)
    until = after.index("Iteration 7,") if running else len(after)
    judged = judge_run(build_trace((before + mark + after[:until]).splitlines(keepends=True)), 0, running)
    assert (judged.decision.verdict is Verdict.STABLE) is not running
    found = next(finding for finding in judged.findings if finding.code == "H103")
    assert (found.severity, found.iteration) == (severity, 4)
    assert "it came back down later" in found.explanation
