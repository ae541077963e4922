"""A first loss far above that of a blind guess: large input or weights, which no rate mends; debug_info or not."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest
from diagnosing import NAN, block, codes, found, in_one_line, losses, net, shown, told

from autofix.debuginfo import Finetuned, NetText, TopShape, Wired, build_trace
from autofix.report.diagnosis import diagnose

CONTRASTIVE = 'type: "ContrastiveLoss" bottom: "fc"'  # both nets of the pair are one here
HEALTH = Path(__file__).parents[1] / "health/logs"


def test_raw_pixels_are_to_be_scaled_and_the_rate_is_left_alone() -> None:
    """LeNet on pixels of 0 to 255: a tenth of base_lr was advised, with which it is NaN at iteration 6 all the same."""
    diagnosed = found(net(data='type: "Data"'), losses(70.6, 75.1, 79.1, NAN))
    explanation = told(diagnosed, "D105")
    assert "70.6, 31 times what a guess without any preference costs (2.303: ln 10, for 10 classes)" in explanation
    assert "layer digits reads pictures and does not scale them" in explanation
    scale, rate = diagnosed.diagnosis.advice
    assert scale.startswith("scale the input by 0.00390625 (1/256) in every phase: pixels go from 0 to 255")
    assert rate.startswith("leave base_lr (0.01) as it is at first")


def test_a_scale_that_is_there_is_not_asked_for() -> None:
    scaled = 'type: "Data" transform_param { scale: 0.00390625 }'
    assert found(net(data=scaled), losses(70.6, NAN)).diagnosis.advice[0].startswith("look at the labels")


def test_data_of_unknown_range_is_to_be_scaled_by_what_the_loss_tells() -> None:
    first, *_ = found(net(), losses(30.6, NAN)).diagnosis.advice
    assert first.startswith("scale the input to about unit size in every phase: by 1/13 or less")


def test_weights_that_are_drawn_too_wide_are_told_with_the_std_they_need() -> None:
    diagnosed = found(net(filler='type: "gaussian" std: 1'), losses(40.0, NAN))
    assert codes(diagnosed) == {"H101", "H204"}
    assert diagnosed.diagnosis.advice[0].startswith(
        "draw the weights so that the signal keeps its size: std 0.1 for fc; the number of inputs"
    )


@pytest.mark.parametrize("first", [2.3, 6.5])
def test_a_first_loss_near_that_of_a_guess_is_nothing(first: float) -> None:
    assert "D105" not in codes(found(net(), losses(first, 50.0, NAN)))


def test_weights_that_come_from_a_file_may_cost_anything() -> None:
    assert "D105" not in codes(found(net(), Finetuned("w.caffemodel"), losses(70.0, NAN)))
    assert "D105" not in codes(found(net(), losses(70.0, NAN, start=500)))


@pytest.mark.parametrize(
    ("loss", "outputs", "guess"),
    [
        ('type: "HingeLoss"', 3, "3: 1 for each of 3 classes"),
        ('type: "SigmoidCrossEntropyLoss"', 10, "6.931: ln 2 for each of 10 values"),
        ('type: "SoftmaxWithLoss" loss_weight: 2', 10, "4.605: ln 10, for 10 classes, times 2"),
    ],
)
def test_what_a_guess_costs_depends_on_the_loss(loss: str, outputs: int, guess: str) -> None:
    assert guess in told(found(net(loss=loss, outputs=outputs), losses(400.0, NAN)), "D105")


PLACES = NetText(
    """
    layer { name: "digits" type: "HDF5Data" top: "data" top: "label" }
    layer { name: "fc" type: "Convolution" bottom: "data" top: "fc"
            convolution_param { num_output: 10 kernel_size: 1 } }
    layer { name: "loss" type: "SoftmaxWithLoss" bottom: "fc" bottom: "label" top: "loss" loss_param { %s } }
    """,
    "train",
)


@pytest.mark.parametrize(
    ("setting", "summed"),
    [
        ("normalize: true", 1),
        ("normalization: FULL", 1),
        ("normalize: false", 144),
        ("normalization: BATCH_SIZE", 144),
        ("normalization: NONE", 8 * 144),
        ("normalization: NONE normalize: true", 8 * 144),
    ],
)
def test_a_softmax_loss_that_is_a_sum_is_not_held_against_that_of_one_answer(setting: str, summed: int) -> None:
    """Fully convolutional nets add up the losses of all pixels: one of 12 x 12 begins at 144 ln 10."""
    events = [NetText(PLACES.text % setting, "train"), TopShape("fc", "fc", (8, 10, 12, 12), "train")]
    guess = summed * math.log(10)
    sound = found(events, losses(1.2 * guess, 1.1 * guess))
    assert "D105" not in codes(sound)
    assert sound.judged.view.learning.known is (summed == 1)  # the best constant answer costs a sum, too
    large = told(found(events, losses(5 * guess, 5 * guess)), "D105")
    assert f"5 times what a guess without any preference costs ({guess:.4g}: ln 10, for 10 classes" in large


def test_of_a_flat_net_the_constant_answer_of_a_mean_over_records_is_known() -> None:
    flat = 'type: "SoftmaxWithLoss" loss_param { normalize: false }'
    assert found(net(loss=flat), losses(2.3, 2.2)).judged.view.learning.known


def test_a_contrastive_loss_that_lacks_a_bottom_is_no_traceback() -> None:
    """Caffe refuses it, but its net stands in the log all the same."""
    assert found(net(loss=CONTRASTIVE), losses(2.3, 2.2)).judged.view.net is not None


@pytest.mark.parametrize(
    ("old", "new"),
    [("num_output: 10", ""), ("num_output: 10", "num_output: -1"), ('top: "fc"', ""), ("num_output", "x")],
)
def test_a_net_that_caffe_refuses_is_looked_at_all_the_same(old: str, new: str) -> None:
    """Each ended in an error, and with it went all that the net tells."""
    (text, *rest) = net(filler='type: "gaussian" std: 5')
    assert isinstance(text, NetText)
    broken = replace(text, text=text.text.replace(old, new))
    assert found(broken, rest, losses(2.3, 2.2)).judged.view.net is not None


def test_a_regression_is_told_by_how_much_it_misses() -> None:
    """Diabetes with targets of 25 to 346: the first loss is 12,610, which is sum (a - b)^2 / 2 over one value."""
    diagnosed = found(net(loss='type: "EuclideanLoss"', outputs=1), losses(12610.0, NAN))
    assert "an answer misses its target by 159" in told(diagnosed, "D105")
    assert "by about 0.006, as answers miss by 159 at first" in diagnosed.diagnosis.advice[0]
    assert "D105" not in codes(found(net(loss='type: "EuclideanLoss"', outputs=1), losses(0.6, NAN)))


@pytest.mark.parametrize(
    ("first", "said"),
    [(9.0, None), (30.0, "which is 9.99 even for the 21,841 of all of ImageNet"), (5000.0, "more than a softmax loss")],
)
def test_without_the_net_it_is_said_what_can_be_said(first: float, said: str | None) -> None:
    diagnosed = found(losses(first, 2 * first, NAN))
    assert ("D105" in codes(diagnosed)) is (said is not None)
    if said is not None:
        assert said in told(diagnosed, "D105")
        assert diagnosed.diagnosis.advice[0].startswith("look at the size of the input first")


def test_statistics_that_are_not_there_yet_are_at_fault_before_anything_else() -> None:
    events = net()
    (text, *rest) = events
    assert isinstance(text, NetText)
    stored = 'layer { name: "bn" type: "BatchNorm" bottom: "fc" top: "fc" batch_norm_param { use_global_stats: true } }'
    diagnosed = found(NetText(text.text + stored, "train"), rest, losses(65.5, NAN))
    assert "BatchNorm layers (bn) divide by stored statistics" in told(diagnosed, "D105")
    assert diagnosed.diagnosis.advice[0].startswith("remove use_global_stats")
    assert "or let Autofix search" not in in_one_line(shown(diagnosed)).lower()


def test_where_neither_input_nor_weights_are_large_it_is_the_labels() -> None:
    rows = [block(0, loss=50.0), block(1, x=NAN, loss=NAN)]  # the input's mean |x| is 1
    diagnosed = found(net(), *rows)
    assert "labels may lie outside of the classes" in told(diagnosed, "D105")
    assert diagnosed.diagnosis.advice[0].startswith("look at the labels")


@pytest.mark.parametrize(
    ("log", "logged", "bare"),
    [
        ("raw-pixels", {"H401"}, {"D105"}),
        ("raw-targets", {"H103", "H203", "H501"}, {"D105", "D107"}),
        ("wide-fillers", {"H204"}, {"H204"}),
        ("heavy-loss", {"H101", "H203", "H502"}, {"H101", "H502"}),
        ("below-zero", {"H107", "H202", "H203", "H401"}, {"D108", "H107"}),
    ],
)
def test_each_cause_is_told_once_with_debug_info_and_without(log: str, logged: set[str], bare: set[str]) -> None:
    """Recorded trainings, as they are and with the lines of debug_info taken out."""
    lines = (HEALTH / f"{log}.log").read_text().splitlines(keepends=True)
    without = [line for line in lines if "[Forward]" not in line and "[Backward]" not in line]
    assert (codes(diagnose(build_trace(lines), log)), codes(diagnose(build_trace(without), log))) == (logged, bare)


def test_pictures_that_are_made_larger_are_told_with_the_scale_they_need() -> None:
    """As siamese+scale=255 of the corpus; its loss grows with the square of what enters."""
    larger = 'type: "Data" transform_param { scale: 255 }'
    diagnosed = found(net(data=larger, loss=CONTRASTIVE), losses(3.4e5, NAN))
    assert "layer digits reads pictures and multiplies them by 255, so the net gets values of up to 65,025" in told(
        diagnosed, "D105"
    )
    advice = diagnosed.diagnosis.advice[0]
    assert advice.startswith("scale the input by 1/256, not by 255, in every phase")
    assert advice.endswith("layer digits wants transform_param { scale: 0.00390625 }")


def test_of_a_loss_that_grows_with_the_square_the_root_is_taken() -> None:
    first, *_ = found(net(loss=CONTRASTIVE), losses(5000.0, NAN)).diagnosis.advice
    assert "by 1/100 or less" in first  # a guess costs half the margin, 1, squared


def test_layers_that_are_each_a_little_too_wide_are_all_drawn_anew() -> None:
    """Nine layers of std 0.6 make a signal a thousand times as large; only the last is far off by itself."""
    layers = "".join(
        f"""layer {{ name: "fc{at}" type: "InnerProduct" bottom: "{"data" if at == 0 else f"fc{at - 1}"}" top: "fc{at}"
            inner_product_param {{ num_output: 100
                                   weight_filler {{ type: "gaussian" std: {0.24 if at < 4 else 0.4} }} }} }}"""
        for at in range(5)
    )
    text = f"""layer {{ name: "digits" type: "HDF5Data" top: "data" top: "label" }} {layers}
        layer {{ name: "loss" type: "SoftmaxWithLoss" bottom: "fc4" bottom: "label" top: "loss" }}"""
    shapes = [TopShape("digits", "data", (8, 100), "train")]
    shapes += [TopShape(f"fc{at}", f"fc{at}", (8, 100), "train") for at in range(5)]
    wires = [Wired(f"fc{at}", "data" if at == 0 else f"fc{at - 1}", False, "train") for at in range(5)]
    diagnosed = found(NetText(text, "train"), shapes, wires, losses(60.0, NAN))
    assert "The weights of fc4 are drawn wider" in told(diagnosed, "H204")
    assert "std 0.1 for fc0, fc1, fc2, fc3 and fc4;" in diagnosed.diagnosis.advice[0]


def test_pictures_that_are_not_scaled_are_told_without_a_sign_of_trouble() -> None:
    diagnosed = found(net(data='type: "ImageData"'), losses(2.3, 2.2))
    assert told(diagnosed, "D108").startswith("Layer digits reads pictures and does not scale them")
