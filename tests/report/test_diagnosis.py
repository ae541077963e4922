"""The diagnosis of a log: facts, and how the terminal and the page show them."""

from __future__ import annotations

import math
import re
from pathlib import Path

import numpy as np
import pytest
from diagnosing import NAN, block, found, in_one_line, shown, trace_of

from autofix.debuginfo import (
    Event,
    Fatal,
    Finished,
    Forward,
    IterationLoss,
    LearningRate,
    Output,
    Resumed,
    SolverText,
    TestStart,
    TraceBuilder,
    build_trace,
    read_trace,
)
from autofix.health import Severity, Verdict
from autofix.report.diagnosis import diagnose, judge_run
from autofix.report.diagnosis.magnitudes import BAD, ZERO, plots
from autofix.report.diagnosis.page import write_page

LOGS = sorted((Path(__file__).parents[1] / "debuginfo/logs").glob("*.log"))
each_log = pytest.mark.parametrize("path", LOGS, ids=lambda path: path.stem)


# --- the way the trouble travelled ---


def test_the_way_goes_from_the_weights_forward_to_the_loss_and_back() -> None:
    steps = found(block(0), block(1, x=NAN, w=NAN, g=NAN, loss=NAN)).diagnosis.travelled
    assert [(step.phase, step.layer, step.blob) for step in steps] == [
        ("update", "fc", "0"),
        ("forward", "fc", "fc"),
        ("forward", "loss", "loss"),
        ("loss", None, None),
        ("backward", "loss", "fc"),
        ("backward", "fc", "0"),
    ]


def test_without_nan_the_way_is_that_of_the_explosion() -> None:
    sound = [block(iteration) for iteration in range(3)]
    steps = found(*sound, block(3, g=1e9), block(4, x=1e9, g=1e10)).diagnosis.travelled
    assert [(step.iteration, step.phase, step.layer) for step in steps] == [
        (3, "backward", "loss"),
        (3, "backward", "fc"),
        (4, "forward", "fc"),
    ]


def test_a_healthy_training_has_no_way_of_trouble() -> None:
    assert found(block(0), block(1)).diagnosis.travelled == ()


# --- the table of the layers ---


def test_gain_and_update_at_the_first_and_the_last_sound_iteration() -> None:
    table = found(block(0, x=0.5, w=0.1, g=0.01), block(1, x=2.0, w=0.2, g=0.04), block(2, x=NAN)).diagnosis.layers
    (row,) = table.rows
    assert (table.first, table.last) == (0, 1)
    assert (row.gain.first, row.gain.last) == (0.5, 2.0)
    assert row.update.first == pytest.approx(0.1 * 0.01 / 0.1)
    assert row.update.last == pytest.approx(0.1 * 0.04 / 0.2)


@each_log
def test_the_table_agrees_with_the_numbers_in_the_log(path: Path) -> None:
    """The slow and obvious twin: search the lines of the last sound iteration."""
    facts = diagnose(read_trace(path), path.name).diagnosis
    text = path.read_text()
    for row in facts.layers.rows:
        assert re.search(rf"\[Forward\] Layer {row.layer}, param blob \S+ data: {row.weight.first:.6g}\n", text)
        assert f"[Backward] Layer {row.layer}, param blob {row.index} diff: {row.gradient.last:.6g}\n" in text


# --- several runs, crashes, logs that begin later ---

HEALTHY = [block(iteration, loss=0.7 - 0.01 * iteration) for iteration in range(5)]
SICK = [block(0), block(1), block(2, x=NAN, loss=NAN)]
SOLVER = SolverText("base_lr: 0.1\n")


def test_of_two_trainings_the_last_that_went_wrong_is_explained() -> None:
    for events, run in (([*SICK, SOLVER, *HEALTHY], 0), ([*HEALTHY, SOLVER, *SICK], 1)):
        diagnosed = found(SOLVER, *events)
        assert diagnosed.judged.run == run
        assert diagnosed.diagnosis.first_bad is not None
        assert diagnosed.diagnosis.first_bad.iteration == 2
        assert [each.diagnosed for each in diagnosed.diagnosis.runs] == [run == 0, run == 1]
        assert f"this is about run {run + 1}" in in_one_line(shown(diagnosed))


def test_a_resumed_training_is_one() -> None:
    more = [block(iteration) for iteration in range(3, 6)]
    facts = found(SOLVER, *HEALTHY, Finished(early=False), SOLVER, Resumed("s.solverstate"), *more).diagnosis
    assert facts.iterations == 6
    assert [(run.first, run.last, run.ended, run.diagnosed) for run in facts.runs] == [
        (0, 4, "finished", True),
        (3, 5, "open", True),
    ]
    assert "one training that was resumed" in facts.about


def test_nan_that_was_left_behind_by_resuming_is_still_told() -> None:
    diagnosed = found(SOLVER, *SICK, SOLVER, Resumed("s"), *(block(iteration) for iteration in range(1, 6)))
    assert diagnosed.judged.run == 0
    assert diagnosed.diagnosis.verdict is Verdict.DIVERGED


def test_a_plateau_that_was_continued_is_not_held_against_the_training() -> None:
    flat = [block(iteration, loss=0.69) for iteration in range(80)]
    learns = [block(iteration, loss=max(0.01, 0.69 - 0.01 * (iteration - 80))) for iteration in range(80, 300)]
    diagnosed = found(SOLVER, *flat, SOLVER, Resumed("s"), *learns, Finished(early=False))
    assert diagnosed.judged.run == 1
    assert not diagnosed.judged.has_error


def test_nan_in_a_block_that_a_crash_cut_off_is_found_even_in_the_first_iteration() -> None:
    cut = list(block(0, x=NAN))[:2]
    for events in ([*cut], [block(0), *cut]):
        facts = found(*events, Fatal("Check failed", "a.cpp", 1)).diagnosis
        assert facts.verdict is Verdict.DIVERGED
        assert facts.first_bad is not None
        assert facts.first_bad.layer == "fc"
        assert {finding.code for finding in facts.findings} >= {"H101", "D101"}
    assert facts.iterations == 1  # the block was no whole iteration


def test_a_crash_is_told_with_the_layer_that_came_next() -> None:
    facts = found(block(0), *list(block(1))[:2], Fatal("Check failed: x", "a.cpp", 1)).diagnosis
    (finding,) = facts.findings
    assert finding.code == "D101"
    assert "after layer fc (next is layer loss): a.cpp:1: Check failed: x." in finding.explanation
    assert facts.verdict is Verdict.FAILED
    assert "all numbers were finite up to there" in "".join(facts.advice)


def test_a_crash_after_the_end_harms_nothing() -> None:
    diagnosed = found(*HEALTHY, Finished(early=False), Fatal("double free or corruption", "", 0))
    assert not diagnosed.judged.has_error
    assert "already done" in in_one_line(shown(diagnosed))


def test_a_log_that_begins_later_is_not_called_not_learning() -> None:
    facts = found(*(block(iteration, loss=0.05) for iteration in range(5000, 5200))).diagnosis
    assert facts.verdict is Verdict.INCONCLUSIVE
    assert not any(finding.severity is Severity.ERROR for finding in facts.findings)
    assert "The log begins at iteration 5000; what came before is not known." in facts.notes


def test_a_gap_before_the_first_bad_value_is_told() -> None:
    facts = found(block(0), block(20), block(40, x=NAN, w=NAN, loss=NAN)).diagnosis
    assert "between iterations 20 and 40 is not in the log" in facts.answers.not_finite
    assert any("one iteration in 20" in note for note in facts.notes)


# --- verdict and findings agree ---


def test_a_bad_verdict_always_comes_with_an_error() -> None:
    losses = [2.3] * 5 + [50.0] * 20
    only_loss = [
        (IterationLoss(iteration, loss), LearningRate(iteration, 0.1)) for iteration, loss in enumerate(losses)
    ]
    facts = found(*only_loss).diagnosis
    assert facts.verdict is Verdict.EXPLODING
    assert any(finding.severity is Severity.ERROR for finding in facts.findings)
    assert facts.advice


def test_what_may_yet_pass_is_no_error_while_the_training_runs() -> None:
    flat = trace_of(*(block(iteration, g=1e-9, loss=0.7 + 0.001 * (iteration % 3)) for iteration in range(55)))
    running, ended = judge_run(flat, 0, running=True), judge_run(flat, 0)
    assert not running.has_error
    assert {finding.code for finding in running.findings} >= {"H202", "H301"}
    assert "H202" in {finding.code for finding in ended.findings if finding.severity is Severity.ERROR}


def test_nan_is_an_error_at_once() -> None:
    assert judge_run(trace_of(*SICK), 0, running=True).has_error


def test_a_log_that_tells_no_loss_is_inconclusive() -> None:
    assert found(*(LearningRate(iteration, 0.1) for iteration in range(20))).diagnosis.verdict is Verdict.INCONCLUSIVE


def test_iterations_whose_rows_were_dropped_are_counted() -> None:
    builder = TraceBuilder(max_cells=700)
    for iteration in range(5000):
        for event in block(iteration):
            builder.add(event)
    trace = builder.trace()
    assert trace.stride > 1
    assert diagnose(trace, "train.log").diagnosis.iterations == 5000


# --- answers and notes ---


def test_answers_name_the_place_and_the_size() -> None:
    answers = found(*SICK).diagnosis.answers
    assert answers.not_finite == "Layer fc, blob fc (data), in the forward pass, iteration 2: nan."
    assert answers.magnitudes.startswith("Yes: far below 1e8")
    assert answers.gradients == "Yes. The mean |gradient| is 0.01 in fc at iteration 1."
    assert found(block(0), block(1, g=3e8)).diagnosis.answers.magnitudes.startswith("No: 1e8 and more is exploding.")
    assert found(block(0, g=0)).diagnosis.answers.gradients.startswith("No: the gradients of all weights are zero")
    assert found(block(0, g=1e-9)).diagnosis.answers.gradients.startswith("Hardly: below 1e-07")


NOTES = {
    "iter_size": (SolverText("iter_size: 4\n"), "iter_size is 4"),
    "average_loss": (SolverText("average_loss: 20\n"), "average_loss is 20"),
    "tests": (TestStart(0, 0), "without the log's 1 test pass"),
}


@pytest.mark.parametrize(("event", "note"), NOTES.values(), ids=NOTES)
def test_notes(event: Event, note: str) -> None:
    assert any(note in each for each in found(event, *HEALTHY).diagnosis.notes)


def test_the_losses_that_make_up_the_loss_are_named() -> None:
    outputs = [Output("train", 0, "aux", 2.0, 0.1), Output("train", 1, "loss", 0.5, 1.0)]
    notes = found(*list(block(0))[:-1], *outputs).diagnosis.notes
    assert any("the sum of 2: aux x 0.1 (last 2), loss x 1 (last 0.5)" in note for note in notes)


def test_without_debug_info_it_is_told_how_to_get_more() -> None:
    facts = found(*((IterationLoss(iteration, 0.7), LearningRate(iteration, 0.1)) for iteration in range(3))).diagnosis
    assert not facts.debug_info
    assert any("`debug_info: true` and `display: 1`" in note for note in facts.notes)


def test_a_block_alone_is_told_of() -> None:
    """As people paste it into a question: no iteration line, and so no loss."""
    diagnosed = found(*block(0)[:-2])
    facts = diagnosed.diagnosis
    assert (facts.verdict, facts.iterations, facts.last_iteration) == (Verdict.INCONCLUSIVE, 0, None)
    assert facts.answers.magnitudes.startswith("Yes")
    assert facts.answers.gradients.startswith("Yes")
    assert facts.notes[0].startswith("The log has no `Iteration` line")
    assert [plot.title.split(",")[0] for plot in plots(diagnosed.judged.view, 10)] == [
        "Outputs",
        "Gradients of weights",
    ]


def test_a_log_that_begins_in_the_middle_of_a_block_is_judged_by_what_follows() -> None:
    facts = found(block(6)[3:], *(block(iteration, x=NAN, loss=NAN) for iteration in range(7, 10))).diagnosis
    assert facts.first_bad is not None
    assert (facts.first_bad.iteration, facts.first_bad.layer) == (7, "fc")
    assert [finding.code for finding in facts.findings] == ["H101"]
    assert facts.iterations == 4


def test_a_solver_that_divides_by_nothing_is_named() -> None:
    path = next(path for path in LOGS if path.stem == "nan-update")
    assert diagnose(read_trace(path), path.name).diagnosis.advice[0].startswith("set delta above 0")


def test_a_crash_in_the_first_iteration_is_not_told_as_after_it() -> None:
    facts = found(*block(0)[:2], Fatal("Check failed: it", "pick.cpp", 27)).diagnosis
    (died,) = (finding for finding in facts.findings if finding.code == "D101")
    assert "in the forward pass of the first iteration" in died.explanation


# --- ink ---


@each_log
def test_the_terminal_needs_neither_colours_nor_more_than_sixty_columns(path: Path) -> None:
    text = shown(diagnose(read_trace(path), path.name))
    assert "\x1b" not in text
    assert max(map(len, text.splitlines())) <= 60
    assert in_one_line(text).startswith(f"{path.name}: ")
    # What debug_info logs of a blob is its mean absolute value; only H302 tells of the totals line, which has norms.
    assert "norm" not in re.sub(r"has\s+a\s+norm\s+of", "", text)


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
