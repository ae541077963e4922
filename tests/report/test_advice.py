"""What a diagnosis advises: the most urgent first, with numbers, nothing twice and nothing against anything else."""

from __future__ import annotations

from pathlib import Path

import pytest
from diagnosing import NAN, block, codes, found, losses, net, shown, told

from autofix.debuginfo import Clipped, Event, Finished, Forward, NetText, SolverText, TopShape, Wired, build_trace
from autofix.health import Evidence, Finding, Remedy, Severity, Verdict
from autofix.report.diagnosis import diagnose
from autofix.report.diagnosis.advice import advice


def test_a_stable_training_is_not_told_what_to_do() -> None:
    """Its steps are large, which may be too much, but it learns."""
    rows = [block(at, loss=1.0 if at < 5 else 0.1, g=0.2 if at == 0 else 0.01) for at in range(80)]
    diagnosed = found(*rows)
    assert diagnosed.diagnosis.verdict is Verdict.STABLE
    (advice,) = diagnosed.diagnosis.advice
    assert advice.startswith("should it go wrong later, lower base_lr from 0.1 to about")
    assert "What could be better\n" in shown(diagnosed)


def test_base_lr_is_told_with_what_it_is_to_be() -> None:
    rows = [block(0, w=0.01), block(1, x=NAN, loss=NAN)]  # lr 0.1 x gradient 0.01 / weight 0.01: a tenth of its size
    (advice,) = {
        advice for advice in found(SolverText("base_lr: 0.1\n"), *rows).diagnosis.advice if "base_lr" in advice
    }
    assert advice.startswith(
        "lower base_lr from 0.1 to about 0.003: the first step changes the weights of fc by 10 % of"
    )
    assert "from 0.1 to" in " ".join(found(*rows).diagnosis.advice)  # as the first iteration's line has it


def test_small_steps_are_no_reason_that_is_told_for_a_smaller_rate() -> None:
    diagnosed = found(block(0, g=1e-9), block(1, x=NAN, loss=NAN))
    assert "a third is a mild first try, as the first step is small" in diagnosed.diagnosis.advice[0]


def test_the_first_step_of_a_log_that_begins_later_is_not_called_the_first() -> None:
    rows = [block(7, w=0.01), block(8, x=NAN, loss=NAN)]
    (told,) = (each for each in found(SolverText("base_lr: 0.1\n"), *rows).diagnosis.advice if "base_lr" in each)
    assert told.endswith(
        "the step of iteration 7, the first in the log, changes the weights of fc by 10 % of their size"
    )


UNDECIDED = Verdict.INCONCLUSIVE


def remedied(code: str, remedy: Remedy) -> Finding:
    return Finding(code, "", Severity.ERROR, "", remedy=remedy)


@pytest.mark.parametrize("order", [1, -1])
def test_no_advice_goes_against_another(order: int) -> None:
    view = found(block(0)).judged.view
    lower, raise_, more = Remedy("lower base_lr: so", 0.1), Remedy("raise base_lr 5-fold", 5), Remedy("raise it", 20)
    assert advice([remedied("H103", lower), remedied("H301", raise_)][::order], view, UNDECIDED) == (
        "lower base_lr from 0.1 to about 0.01: so",
    )
    assert advice([remedied("H201", Remedy("draw")), remedied("H301", raise_)][::order], view, UNDECIDED) == ("draw",)
    assert len(advice([remedied("H301", raise_), remedied("H205", more)], view, UNDECIDED)) == 1


@pytest.mark.parametrize("log", ["gpu-nan-forward", "zero-diffs", "vanishing"])
def test_nothing_is_advised_twice(log: str) -> None:
    path = Path(__file__).parents[1] / f"debuginfo/logs/{log}.log"
    advice = diagnose(build_trace(path.read_text().splitlines()), log).diagnosis.advice
    assert sum("lower base_lr" in each for each in advice) <= 1
    assert sum(": std " in each for each in advice) <= 1


def test_weights_that_died_of_being_small_are_not_told_to_go_slower() -> None:
    diagnosed = found(*(block(at, g=1e-9 if at < 5 else 0.0) for at in range(30)))
    assert "get no gradient any more" in told(diagnosed, "H201")
    assert not any("base_lr" in each for each in diagnosed.diagnosis.advice)


SCALE = Remedy("scale the input by 0.004", input_scale_factor=0.004)
SLOWER, MOMENTUM = Remedy("lower base_lr: so", 0.1), Remedy("set momentum to 0.9", momentum=0.9)
DATA = Remedy("look at the data first")


def test_what_was_there_before_the_first_step_comes_before_the_rate() -> None:
    """Raw pixels make steps large, and the rate that suits them is far too small once the input is scaled."""
    found_so = [remedied("H101", SLOWER), remedied("H206", MOMENTUM), remedied("H401", SCALE), remedied("D104", DATA)]
    *first, rate = advice(found_so, found(block(0)).judged.view, Verdict.DIVERGED)
    assert first == ["look at the data first", "scale the input by 0.004", "set momentum to 0.9"]
    assert rate.startswith("leave base_lr (0.1) as it is at first")


def drawn(std: float, keeping: float) -> Finding:
    evidence = (Evidence("std", std), Evidence("std that keeps the signal", keeping))
    remedy = Remedy(f"draw the weights: std {keeping}", filler_stds={"fc": keeping})
    return Finding("H204", "", Severity.WARNING, "", evidence=evidence, remedy=remedy)


@pytest.mark.parametrize(
    ("std", "verdict", "place"),
    [
        (1.0, Verdict.DIVERGED, 0),  # five times too wide, and the training is lost
        (0.06, Verdict.DIVERGED, 1),  # a little narrow: sound trainings have that
        (0.01, Verdict.DIVERGED, 1),  # weights that are too small throw nothing over
        (0.01, Verdict.DEAD, 0),
        (0.06, Verdict.DEAD, 1),
    ],
)
def test_fillers_come_before_the_rate_where_they_explain_the_trouble(std: float, verdict: Verdict, place: int) -> None:
    told = advice([remedied("H203", SLOWER), drawn(std, 0.2)], found(block(0)).judged.view, verdict)
    assert told[place] == "draw the weights: std 0.2"
    assert told[1 - place].startswith("leave base_lr" if place == 0 else "lower base_lr from 0.1 to")


def test_a_raised_rate_is_told_with_what_it_is_to_be() -> None:
    (told,) = advice([remedied("H301", Remedy("raise base_lr 5-fold: so", 5))], found(block(0)).judged.view, UNDECIDED)
    assert told == "raise base_lr from 0.1 to about 0.5, 5-fold: so"


def test_to_look_for_a_cause_is_not_advised_beside_one_that_was_found() -> None:
    vague = Remedy("find what shrinks the signal")
    view = found(block(0)).judged.view
    assert len(advice([remedied("H202", vague)], view, Verdict.DEAD)) == 1
    decay = Remedy("set weight_decay to 0.0005", weight_decay=0.0005)
    assert advice([remedied("H202", vague), remedied("H503", decay)], view, Verdict.DEAD) == (decay.advice,)


def test_an_operation_on_the_data_alone_is_not_told_to_take_smaller_steps() -> None:
    """A logarithm of what the data set holds is NaN for a negative number, whatever base_lr is."""
    path = Path(__file__).parents[1] / "debuginfo/logs/nan-forward.log"
    (advice,) = diagnose(build_trace(path.read_text().splitlines()), "log").diagnosis.advice
    assert advice.startswith('keep what enters layer "log it" above 0')
    assert advice.endswith("no weights come before it that base_lr could change")


def test_every_layer_s_std_is_told_and_like_ones_together() -> None:
    """ "and 2 more" stood for a layer that needs another std than those that were named."""
    path = Path(__file__).parents[1] / "debuginfo/logs/vanishing.log"
    advice = diagnose(build_trace(path.read_text().splitlines()), "log").diagnosis.advice
    assert "std 1.6 for fc1; 1.4 for fc2, fc3, fc4, fc5 and fc6; 0.35 for score;" in advice[0]


def test_a_solver_that_divides_by_nothing_is_mended_before_its_rate() -> None:
    path = Path(__file__).parents[1] / "debuginfo/logs/gpu-nan-update.log"
    first, *_, last = diagnose(build_trace(path.read_text().splitlines()), "log").diagnosis.advice
    assert first.startswith("set delta above 0 in the solver")
    assert last.startswith("leave base_lr (0.05)")


def test_where_no_setting_helps_none_is_advised() -> None:
    remedies = [remedied("H204", SLOWER), remedied("H402", Remedy("mend the data set", searchable=False))]
    assert advice(remedies, found(block(0)).judged.view, Verdict.DIVERGED) == ("mend the data set",)


def test_of_two_raised_rates_the_computed_one_is_told() -> None:
    view = found(block(0)).judged.view
    bolder, computed = Remedy("raise base_lr 5-fold: so", 5), Remedy("raise base_lr 100-fold: so", 100)
    assert advice([remedied("H301", bolder), remedied("H205", computed)], view, UNDECIDED) == (
        "raise base_lr from 0.1 to about 10, 100-fold: so",
    )


def test_a_schedule_that_grows_is_told_and_mended_before_the_rate() -> None:
    solver = 'base_lr: 0.01 lr_policy: "exp" gamma: 1.01 max_iter: 1000'
    diagnosed = found(SolverText(solver), block(0), block(1, x=NAN, loss=NAN))
    assert 'With lr_policy "exp" and gamma 1.01 the learning rate grows to 2.08e+04 times' in told(diagnosed, "D109")
    assert diagnosed.diagnosis.advice[0].startswith("set gamma below 1")


def test_a_rate_is_not_raised_before_what_makes_the_steps_small_is_mended() -> None:
    """LeNet on raw pixels at 1e-5 was told to scale them and to raise base_lr 5-fold, of which it learns nothing."""
    scale = Remedy("scale the input by 0.1", input_scale_factor=0.1)
    findings = [remedied("H401", scale), remedied("H301", Remedy("raise base_lr 5-fold: so", 5))]
    first, rate = advice(findings, found(block(0)).judged.view, UNDECIDED)
    assert first == scale.advice
    assert rate.startswith("leave base_lr (0.1) as it is at first")
    assert rate.endswith("which tells whether to raise it")


@pytest.mark.parametrize(
    ("data", "where"),
    [
        (
            'type: "HDF5Data"',
            "HDF5Data layers cannot scale: put a Power layer with power_param { scale: 0.02 } behind layer digits",
        ),
        ('type: "Data"', "Layer digits does it with transform_param { scale: 0.02 }"),
        (
            'type: "Data" transform_param { scale: 0.5 }',
            "Layer digits does it with transform_param { scale: 0.01 }",
        ),
    ],
)
def test_where_a_scale_goes_is_told(data: str, where: str) -> None:
    """HDF5Data has no transform_param; what is in one already counts."""
    view = found(net(data=data), block(0)).judged.view
    (told,) = advice(
        [remedied("H403", Remedy("scale the input by 0.02: so", input_scale_factor=0.02))], view, UNDECIDED
    )
    assert where in told


def test_targets_are_scaled_by_a_layer_of_their_own() -> None:
    view = found(net(loss='type: "EuclideanLoss"'), block(0)).judged.view
    remedy = Remedy("scale the targets by 0.02: so", target_scale_factor=0.02)
    (told,) = advice([remedied("H501", remedy)], view, UNDECIDED)
    assert told.startswith("scale the targets by 0.02: so. Data layers do not scale targets: put a Power layer with")
    assert advice([remedied("H501", remedy)], found(block(0)).judged.view, UNDECIDED) == (remedy.advice,)


def clipped(*values: float, scale: float) -> list[Event]:
    pairs = [losses(loss, start=at) for at, loss in enumerate(values)]
    return [event for pair in pairs for event in (*pair, Clipped(0.001 / scale, 0.001, scale))]


def test_a_limit_far_below_the_usual_gradient_is_told_with_what_it_is_to_be() -> None:
    """A net that learns well was trained with clip_gradients 0.001, and told to raise base_lr 23-fold."""
    solver = SolverText("base_lr: 0.05 clip_gradients: 0.001")
    few = found(solver, clipped(1.4, 1.39, 1.41, scale=0.0008))
    assert "norm of all gradients is 1.25 as a rule: each step is cut to 0.0008 of its size" in told(few, "D111")
    assert few.diagnosis.advice[0].startswith("raise clip_gradients from 0.001 to about 2, which is 2 times")
    assert "D111" not in codes(found(solver, clipped(1.4, 1.39, 1.41, scale=0.1)))
    assert "D111" not in codes(found(solver, clipped(1.4, 9.9, 99.0, scale=0.0008)))  # the gradients are too large


def test_a_training_without_max_iter_is_told_why_it_trained_nothing() -> None:
    diagnosed = found(SolverText('base_lr: 0.01 lr_policy: "poly"'), block(0), Finished(early=False))
    assert "nothing was trained" in told(diagnosed, "D110")
    assert diagnosed.diagnosis.advice == ("give the solver a max_iter, the number of iterations to train",)


CURVED = NetText(
    """
    layer { name: "data" type: "HDF5Data" top: "data" top: "label" }
    layer { name: "fc" type: "InnerProduct" bottom: "data" top: "fc"
            inner_product_param { num_output: 100 weight_filler { type: "gaussian" std: 0.1 } } }
    layer { name: "curve" type: "TanH" bottom: "fc" top: "curve" }
    layer { name: "loss" type: "SoftmaxWithLoss" bottom: "curve" bottom: "label" top: "loss" }
    """,
    "train",
)


@pytest.mark.parametrize(("size", "said"), [(154.0, "scale the input down"), (0.8, "take smaller steps")])
def test_what_drove_units_to_their_ends_is_told_with_the_size_of_the_input(size: float, said: str) -> None:
    """The mean |x| of every input was told as 1, and large input blamed where it was not large."""
    shapes = [TopShape("data", "data", (8, 100), "train"), TopShape("fc", "fc", (8, 100), "train")]
    rows = [
        [Forward("data", "data", size), *block(at, w=0.08)[1:3], Forward("curve", "curve", 0.99), *block(at)[3:]]
        for at in range(10)
    ]
    findings = found(CURVED, *shapes, Wired("fc", "data", False, "train"), *rows).diagnosis.findings
    (remedy,) = (each.remedy for each in findings if each.code == "H208")
    assert remedy is not None
    assert remedy.advice.startswith(said)
    assert f"mean |x| is {size:g}" in remedy.advice
    numbered = [remedied("H401", SCALE), remedied("H103", Remedy("lower base_lr: so", 0.1))]
    view = found(block(0)).judged.view
    assert not any(said in each for each in advice([*numbered, remedied("H208", remedy)], view, UNDECIDED))
