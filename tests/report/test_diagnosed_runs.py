"""Logs of several runs, of crashes, and such as begin later: which training is diagnosed, and what is said of it."""

from __future__ import annotations

from diagnosing import HEALTHY, NAN, SICK, block, found, in_one_line, shown

from autofix.debuginfo import Fatal, Finished, LearningRate, Resumed, SolverText
from autofix.health import Severity, Verdict

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


def test_a_rate_that_was_raised_on_resuming_goes_back_to_what_it_was() -> None:
    """Resumed at 60 times its base_lr, a training was told to take a fifth, by a step that it took long before."""
    calm, raised = [block(at) for at in range(5)], [*block(5, w=0.01)[:-1], LearningRate(5, 3.0)]
    diagnosed = found(SOLVER, *calm, SolverText("base_lr: 3"), Resumed("s"), raised, block(6, x=NAN, loss=NAN))
    assert "one training that was resumed" in diagnosed.diagnosis.about
    (advice,) = (each for each in diagnosed.diagnosis.advice if "base_lr" in each)
    assert advice.startswith("lower base_lr from 3 to about 0.1: that is what it was until iteration 4, before")


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


def test_a_setting_that_caffe_stops_at_when_it_uses_it_is_named() -> None:
    """lr_policy "step" without a stepsize: Caffe dies after iteration 0, and the machine and the data were blamed."""
    refused = Fatal("Check failed: this->param_.stepsize() > 0 (0 vs. 0)", "sgd_solver.cpp", 33)
    assert found(SOLVER, block(0), refused).diagnosis.advice[0].startswith("mend stepsize in the solver")


def test_a_crash_after_the_end_harms_nothing() -> None:
    diagnosed = found(*HEALTHY, Finished(early=False), Fatal("std::bad_alloc", "", 0))
    assert not diagnosed.judged.has_error
    assert "already done: std::bad_alloc. That harms nothing." in in_one_line(shown(diagnosed))


def test_overwritten_memory_found_at_the_end_may_come_of_labels() -> None:
    """A net of 4 classes with labels of 9 trained to the end on what lies behind its scores; no number was NaN."""
    late = Fatal("corrupted double-linked list", "", 0)
    assert "`autofix lint SOLVER` looks at labels" in " ".join(found(*HEALTHY, Finished(False), late).diagnosis.notes)
    assert "That harms nothing" in " ".join(found(*SICK, Finished(False), late).diagnosis.notes)  # as after a NaN


def test_a_log_that_begins_later_is_not_called_not_learning() -> None:
    facts = found(*(block(iteration, loss=0.05) for iteration in range(5000, 5200))).diagnosis
    assert facts.verdict is Verdict.INCONCLUSIVE
    assert not any(finding.severity is Severity.ERROR for finding in facts.findings)
    assert "The log begins at iteration 5000; what came before is not known." in facts.notes


def test_a_gap_before_the_first_bad_value_is_told() -> None:
    facts = found(block(0), block(20), block(40, x=NAN, w=NAN, loss=NAN)).diagnosis
    assert "between iterations 20 and 40 is not in the log" in facts.answers.not_finite
    assert any("one iteration in 20" in note for note in facts.notes)


def test_a_probe_that_was_stopped_on_purpose_does_not_look_like_a_crash() -> None:
    """Probes of Autofix's own end as soon as they are decided, mostly in the middle of a block."""
    prefix = 'snapshot_prefix: "{}"\nsnapshot_after_train: false\n'
    ours, theirs = (
        found(SolverText(prefix.format(path)), *HEALTHY, block(5)[:2]).diagnosis.notes
        for path in ("/home/me/lenet/solver.autofix/probes/001-seed2/snapshot", "/home/me/lenet/snapshot")
    )
    stopped = "where Autofix stopped it: it is one of its probes, which end as soon as they are decided."
    assert any(note.endswith(stopped) for note in ours)
    assert not any("Autofix" in note for note in theirs)
