"""What a diagnosis says fits the training it is about: no sentence against the log, no advice against another."""

from __future__ import annotations

import pytest
from diagnosing import NAN, block, found, in_one_line, shown, told, trace_of

from autofix.debuginfo import (
    Backward,
    Event,
    Fatal,
    Finished,
    FirstBad,
    Forward,
    IterationLoss,
    LearningRate,
    NetNorms,
    NetText,
    Output,
    SolverText,
    TestStart,
    Update,
)
from autofix.health import Severity, Verdict
from autofix.health.rulings import Prospects
from autofix.report.diagnosis.layers import layer_table

INF = float("inf")
NET = """
layer { name: "data" type: "Input" top: "data" top: "label" }
layer { name: "fc" type: "InnerProduct" bottom: "data" top: "fc" inner_product_param { num_output: 3 } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "fc" bottom: "label" top: "loss" }
"""  # the constant answer costs ln 3 = 1.099


# --- explosions and norms ---


def test_an_explosion_that_ends_in_nan_did_not_come_back_down() -> None:
    grown = [*(block(iteration) for iteration in range(3)), block(3, x=1e9), block(4, x=NAN, loss=NAN)]
    assert "in iteration 4 an output of layer fc is NaN" in told(found(*grown), "H103")


def test_what_is_large_behind_a_nan_is_no_explosion() -> None:
    rows = [*(block(iteration) for iteration in range(3)), block(3, w=NAN), block(4, x=1e20, w=NAN)]
    assert "H103" not in {finding.code for finding in found(*rows).diagnosis.findings}


def test_a_parameter_that_exploded_is_called_one() -> None:
    rows = [*(block(iteration) for iteration in range(3)), block(3, w=1e9)]
    assert "The data of parameter 0 of layer fc has grown" in told(found(*rows), "H103")


def test_the_largest_gradient_is_that_of_the_iteration_whose_norm_overflowed() -> None:
    *lines, loss, lr = block(1, g=1e30)
    rows = [block(0), [*lines, NetNorms(1, 1e30, 1, INF), loss, lr], block(2, g=NAN, loss=NAN)]
    diagnosed = found(*rows)
    assert "parameter 0 of layer fc, 1e+30 on average" in diagnosed.diagnosis.why
    assert "iteration 1: the norm of all gradients iteration 2: " in in_one_line(shown(diagnosed))
    assert "A norm adds up squares, so it overflows while the values themselves" in told(diagnosed, "H101")


def test_an_explosion_whose_norm_overflows_is_not_said_to_be_infinite_itself() -> None:
    """As LeNet on raw pixels: the output of conv1 was at 2e+09, and only the norm of all gradients was infinite."""
    *lines, loss, lr = block(3, x=1e9)
    rows = [*(block(iteration) for iteration in range(3)), [*lines, NetNorms(1, 1e30, 1, INF), loss, lr]]
    explanation = told(found(*rows), "H103")
    assert explanation.endswith("to 1e+09; in iteration 3 the norm of all gradients is infinite.")


def test_a_step_that_is_nan_in_an_old_log_is_the_update_s_own() -> None:
    rows = [
        *block(0),
        Update("fc", "0", 0.1, NAN),
        *block(1, w=NAN, x=NAN, g=NAN, loss=NAN),
        Update("fc", "0", NAN, NAN),
    ]
    facts = found(rows).diagnosis
    assert facts.first_bad == FirstBad(0, "update", "fc", "0", "diff", facts.first_bad.value)  # NaN is not itself
    assert facts.why == "the step of parameter 0 of layer fc is nan in the update of iteration 0, the first value to go"
    assert facts.answers.not_finite == "Layer fc, the step of parameter 0, in the update, iteration 0: nan."
    text = in_one_line(shown(found(rows)))
    assert "iteration 0: steps of fc[0] iteration 1: weights fc[0]; forward fc → loss; the Iteration" in text


def test_a_learning_rate_is_no_weight() -> None:
    *lines, _ = block(0)
    diagnosed = found([*lines, LearningRate(0, NAN)])
    assert "iteration 0: the learning rate" in shown(diagnosed)


# --- where the log does not show the place ---


def test_a_loss_alone_is_not_where_a_nan_began() -> None:
    diagnosed = found(IterationLoss(0, 0.7), LearningRate(0, 0.1), IterationLoss(1, NAN), LearningRate(1, 0.1))
    assert "does not show in which layer" in told(diagnosed, "H101")
    assert diagnosed.diagnosis.answers.not_finite.endswith("In which layer it began is not in the log.")


def test_without_setup_lines_the_input_is_the_blob_that_a_layer_hands_a_gradient_to() -> None:
    branch = [
        Forward("fc", "fc", 2.0),
        Forward("fc", "0", 0.1, is_param=True),
        Forward("side", "side", 100.0),
        Forward("score", "score", 1.0),
        Forward("score", "0", 0.1, is_param=True),
        Backward("score", "fc", 0.1),
        Backward("score", "0", 0.1, is_param=True),
        Backward("fc", "0", 0.1, is_param=True),
        IterationLoss(0, 0.7),
        LearningRate(0, 0.1),
    ]
    *_, row = layer_table(found(*branch).judged.view).rows
    assert (row.layer, row.gain.first) == ("score", 0.5)


def test_without_setup_lines_the_statistics_of_batchnorm_are_not_taken_for_dead_weights() -> None:
    nothing = [Backward("bn", str(index), 0.0, is_param=True) for index in range(3)]

    def statistics(at: int) -> list[Event]:
        """Mean, variance, and the count of forward passes so far."""
        return [Forward("bn", str(index), value, is_param=True) for index, value in enumerate((0.1, 1.0, at + 1.0))]

    rows = [[*statistics(at), *block(at)[:-2], *nothing, *block(at)[-2:]] for at in range(10)]
    facts = found(*rows, block(10)[:4]).diagnosis  # the last pass goes forward alone
    assert [row.layer for row in facts.layers.rows] == ["fc"]
    assert facts.findings == ()


def test_without_setup_lines_labels_are_not_taken_for_the_input() -> None:
    data, *rest = block(0, x=0.5)
    diagnosed = found([data, Forward("data", "label", 5.0), *rest])
    (row,) = layer_table(diagnosed.judged.view).rows
    assert row.gain.first == 0.5


# --- tests ---


def a_test(iteration: int, value: float, output: str = "loss") -> list[Event]:
    return [TestStart(iteration, 0), Output("test", 0, output, value, 1.0)]


@pytest.mark.parametrize(("value", "in_question"), [(NAN, True), (INF, True), (87.3365, False)])
def test_a_test_that_goes_wrong_beside_a_sound_training_is_told(value: float, in_question: bool) -> None:
    diagnosed = found(block(0), a_test(1, value), block(1), block(2))
    (finding,) = (each for each in diagnosed.diagnosis.findings if each.code == "D103")
    assert (finding.severity, finding.iteration) == (Severity.WARNING, 1)
    assert "every number of training is finite, also after that" in finding.explanation
    assert ("the test of iteration 1" in diagnosed.diagnosis.answers.not_finite) is in_question


def test_an_accuracy_in_percent_may_be_any() -> None:
    diagnosed = found(block(0), a_test(1, 87.3365, "accuracy"), block(1), block(2))
    assert "D103" not in [finding.code for finding in diagnosed.diagnosis.findings]


def test_a_test_of_weights_that_went_bad_is_no_finding_of_its_own() -> None:
    diagnosed = found(block(0), a_test(1, NAN), block(1, w=NAN, loss=NAN))
    assert [finding.code for finding in diagnosed.diagnosis.findings] == ["H101"]


def test_after_the_last_iteration_it_is_not_known_whether_the_weights_or_the_test_went_bad() -> None:
    diagnosed = found(block(0), block(1), a_test(2, NAN))
    assert "the log does not show what became of training after iteration 1" in told(diagnosed, "D103")


def test_the_last_test_is_that_of_the_last_run() -> None:
    run = [block(0), a_test(1, 0.9), block(1), a_test(2, 0.8)]
    trace = trace_of(SolverText(""), *run, Finished(early=False), SolverText(""), block(0), a_test(1, 0.5), block(1))
    assert list(trace.tests)[-1] == (1, 0)


# --- crashes ---


def test_memory_that_was_overwritten_is_the_labels_fault_and_in_the_layer_that_reads_them() -> None:
    died = found(NetText(NET, "train"), block(0)[:3], Fatal("malloc(): invalid size (unsorted)", "", 0))
    assert "after layer fc (next is layer loss): malloc()" in told(died, "D101")
    assert "labels" in died.diagnosis.advice[0]
    named = found(block(0), Fatal("Check failed: 1 == 2", "data_layer.cpp", 3))
    assert "labels" not in " ".join(named.diagnosis.advice)


# --- verdicts ---


def test_what_died_long_before_the_log_ends_is_dead() -> None:
    learns = [block(at, loss=1.2 if at < 5 else 0.3) for at in range(30)]
    gone = [
        [*block(at, loss=1.2, g=0.0)[:4], Backward("loss", "fc", 0.1), *block(at, g=0.0, loss=1.2)[5:]]
        for at in range(30, 200)
    ]
    facts = found(*learns, *gone).diagnosis
    assert (facts.verdict, facts.why) == (Verdict.DEAD, "no weight gets any gradient any more")


def test_a_hinge_loss_that_came_to_zero_is_neither_dead_nor_wrong() -> None:
    begin = [block(iteration, loss=5.0) for iteration in range(5)]
    diagnosed = found(*begin, *(block(iteration, loss=0.0, g=0.0) for iteration in range(5, 40)))
    assert diagnosed.diagnosis.verdict is not Verdict.DEAD
    assert not diagnosed.judged.has_error


def test_a_loss_far_above_where_it_began_is_not_called_a_plateau() -> None:
    losses = [*[600.0] * 3, *[4e5] * 112, *[3.5e5] * 5]
    why = found(*(block(at, loss=loss) for at, loss in enumerate(losses))).diagnosis.why
    assert "far above the 600 where it began" in why
    assert "plateau" not in why


def test_a_loss_that_may_be_below_the_constant_answer_by_chance_is_not_said_to_be_above() -> None:
    diagnosed = found(NetText(NET, "train"), *(block(at, loss=1.15 - 0.001 * at) for at in range(80)))
    assert diagnosed.diagnosis.why.endswith("not yet clearly below the constant answer")
    assert told(diagnosed, "H301").endswith("and the difference may be the noise of the batches.")


def test_a_loss_whose_constant_answer_is_not_known_is_held_against_its_start() -> None:
    losses = [*[1.0] * 5, *[0.3] * 40, *[0.8] * 5]
    why = found(*(block(at, loss=loss) for at, loss in enumerate(losses))).diagnosis.why
    assert "it began to learn, but its loss was back near half of where it began" in why


@pytest.mark.parametrize(("now", "severity"), [(0.6, Severity.WARNING), (1.1, Severity.ERROR)])
def test_learning_is_lost_for_sure_where_the_loss_is_back_at_its_start(now: float, severity: Severity) -> None:
    """What the constant answer costs is not known here; half of the start stands in for it."""
    losses = [*[1.0] * 5, *[0.3] * 40, *[now] * 10]
    facts = found(*(block(at, loss=loss) for at, loss in enumerate(losses))).diagnosis
    assert facts.verdict is Verdict.INCONCLUSIVE
    assert [(each.code, each.severity) for each in facts.findings] == [("H104", severity)]


@pytest.mark.parametrize(("low", "severity"), [(0.01, Severity.WARNING), (1.08, Severity.ERROR)])
def test_a_few_bad_records_at_the_end_are_luck_while_most_are_answered_well(low: float, severity: Severity) -> None:
    """As of a batch of one record (tanh+batch=1 of the corpus, which learns well): its last five losses had a mean of
    1.26, where the constant answer costs 0.65, and most of the last twenty were next to nothing."""
    losses = [*[1.1] * 5, *[0.01] * 40, *[low, low, low, 6.0] * 5]
    diagnosed = found(NetText(NET, "train"), *(block(at, loss=loss, g=0.2) for at, loss in enumerate(losses)))
    assert diagnosed.diagnosis.verdict is Verdict.INCONCLUSIVE
    assert [each.severity for each in diagnosed.diagnosis.findings if each.code == "H104"] == [severity]


def test_learning_is_lost_where_the_loss_left_what_it_had_learned_not_where_it_was_best() -> None:
    losses = [*[1.0] * 5, *[0.3] * 10, *[0.2] * 10, *[0.3] * 20, *[1.1] * 10]
    (lost,) = (each for each in found(*(block(at, loss=loss) for at, loss in enumerate(losses))).diagnosis.findings)
    assert (lost.code, lost.iteration) == ("H104", 46)  # the mean of 42 to 46 is the first that is that bad


def deeper(iteration: int, gradient: float, loss: float) -> list[Event]:
    """An iteration with a second layer, whose gradient is not that of the first."""
    first = block(iteration, g=gradient, loss=loss)
    score = [Forward("score", "score", 1.0), Forward("score", "0", 0.1, is_param=True), Backward("score", "0", 0.1)]
    return [*first[:3], *score, Backward("score", "0", 0.01, is_param=True), *first[3:]]


def test_a_plateau_behind_layers_without_gradient_is_called_that() -> None:
    def why(gradient: float) -> str:
        rows = [deeper(at, gradient, 0.7) for at in range(60)]
        return Prospects().conclude(found(*rows).judged.view, whole=False).why

    assert why(0.01).endswith("it may be a plateau before it learns")
    assert why(0.0).endswith("the weights of fc get no gradient, and may or may not come back to life")


def test_a_layer_at_rest_is_no_error_in_a_training_that_is_stable() -> None:
    facts = found(*(deeper(at, 0.01 if at < 60 else 0.0, 1.0 if at < 5 else 0.1) for at in range(80))).diagnosis
    assert facts.verdict is Verdict.STABLE
    assert [(each.code, each.severity) for each in facts.findings] == [("H201", Severity.WARNING)]


def test_steps_that_became_small_as_the_loss_did_are_no_reason_for_a_larger_rate() -> None:
    learned = [block(at, loss=1.0 if at < 30 else 0.001, g=0.01 if at < 30 else 1e-6) for at in range(100)]
    assert "raise base_lr" not in " ".join(found(*learned).diagnosis.advice)
    slow = [block(at, g=1e-6) for at in range(100)]
    assert "raise base_lr" in " ".join(found(*slow).diagnosis.advice)


# --- data ---


def fed(iteration: int, size: float) -> list[Event]:
    """An iteration whose input has this size."""
    return [Forward("data", "data", size), *block(iteration)[1:]]


def test_a_batch_far_out_of_line_is_told_and_comes_first_of_what_to_do() -> None:
    rows = [*(fed(at, 0.8) for at in range(6)), fed(6, 23.0), block(7, x=NAN, loss=NAN)]
    facts = found(*rows).diagnosis
    (finding,) = (each for each in facts.findings if each.code == "D104")
    assert (finding.severity, finding.layer, finding.iteration) == (Severity.WARNING, "data", 6)
    assert finding.explanation.endswith("has a mean |x| of 0.8 as a rule, but of 23 in iteration 6.")
    assert facts.advice[0].startswith("look at the data first")
    assert facts.advice[1].startswith("lower base_lr")
    twice = found(*rows[:-1], *(fed(at, 0.8) for at in range(7, 12)), fed(12, 23.0), block(13, x=NAN, loss=NAN))
    assert told(twice, "D104").endswith("but of 23 in iteration 6, as the first of 2 batches like that.")


@pytest.mark.parametrize("sizes", [[0.8] * 3 + [23.0], [0.8, 2.0] * 5, [0.0] * 9 + [1.0], [NAN] * 5])
def test_few_iterations_common_sizes_and_empty_input_tell_nothing_of_batches(sizes: list[float]) -> None:
    diagnosed = found(*(fed(at, size) for at, size in enumerate(sizes)))
    assert "D104" not in {finding.code for finding in diagnosed.diagnosis.findings}


# --- many names ---


def test_of_many_layers_some_are_named() -> None:
    net = "".join(f'layer {{ name: "fc {at}" type: "InnerProduct" bottom: "data" top: "{at}" }}' for at in range(9))
    lines = [
        line
        for at in range(9)
        for line in (
            Forward(f"fc {at}", str(at), 1.0),
            Forward(f"fc {at}", "0", 0.1, is_param=True),
            Backward(f"fc {at}", "0", 0.0, is_param=True),
        )
    ]
    rows = [[*lines, IterationLoss(at, 0.7), LearningRate(at, 0.1)] for at in range(8)]
    explanation = told(found(NetText(net, "train"), *rows), "H201")
    assert 'The weights of "fc 0", "fc 1", "fc 2", "fc 3", "fc 4" and 4 more get' in explanation
