"""The diagnosis of a log: facts, and how the terminal and the page show them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from diagnosing import HEALTHY, NAN, SICK, block, found, trace_of

from autofix.debuginfo import (
    Event,
    Fatal,
    IterationLoss,
    LearningRate,
    Output,
    SolverText,
    TestStart,
    TraceBuilder,
    read_trace,
)
from autofix.health import Severity, Verdict
from autofix.report.diagnosis import diagnose, judge_run
from autofix.report.diagnosis.magnitudes import plots

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
