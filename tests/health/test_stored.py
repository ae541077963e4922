"""What is said of snapshots and data sets: sick ones and well ones, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from autofix.caffe.stored import Blob, Column, DataSet, Form, Moments, Snapshot, StoredSnapshot, Trouble
from autofix.caffe.tops import Labels
from autofix.errors import InputError
from autofix.health import Severity
from autofix.health.stored import judge_data, judge_series, judge_snapshot, read_targets

RNG = np.random.default_rng(3)
WELL = RNG.normal(0, 0.1, (50, 20, 5, 5)).astype(np.float32)


def stats(values: np.ndarray):
    moments = Moments()
    moments.add(np.asarray(values))
    return moments.stats()


def stored(
    blobs: Mapping[str, np.ndarray], what: str = "caffemodel", iteration: int | None = 4000, types: str = "Convolution"
) -> StoredSnapshot:
    """A snapshot of ``blobs``, whose keys are "layer index", "layer index diff" or "layer:Type index"."""
    made = []
    for key, values in blobs.items():
        name, index, *role = key.split()
        layer, _, kind = name.partition(":")
        blob = Blob(
            layer, kind or types, int(index), role[0] if role else "data", values.shape, "float32", values.size, iter
        )
        made.append((blob, stats(values)))
    path = Path(f"net_iter_{iteration}.{what}")
    snapshot = Snapshot(path, what, Form.BINARY, "net", 3, iteration, "", tuple(blob for blob, _ in made))
    return StoredSnapshot(snapshot, 100, tuple(numbers for _, numbers in made))


def spoiled(*values: float, share: float = 1.0) -> np.ndarray:
    bad = WELL.copy().ravel()
    bad[: max(1, int(share * bad.size))] = np.resize(values, max(1, int(share * bad.size)))
    return bad.reshape(WELL.shape)


NAN, INF = float("nan"), float("inf")
ZERO, ONES = np.zeros((10, 5), np.float32), np.ones((10, 5), np.float32)
SNAPSHOTS = {
    "well": ({"conv1 0": WELL, "conv1 1": np.zeros(50)}, []),
    "NaN": ({"conv1 0": WELL, "conv2 0": spoiled(NAN)}, ["W101"]),
    "infinity": ({"conv2 0": spoiled(INF, share=0.1)}, ["W101"]),
    "gradients": ({"conv1 0": WELL, "conv1 0 diff": spoiled(NAN)}, ["W102"]),
    "both": ({"conv1 0": spoiled(NAN), "conv1 0 diff": spoiled(NAN)}, ["W101"]),
    "exploding": ({"conv1 0": WELL * 1e10}, ["W103"]),
    "loud": ({"conv1 0": WELL * 100}, ["W104"]),
    "loud in the old format": ({"fc 0": (RNG.normal(0, 10, (1, 1, 10, 500)))}, ["W104"]),
    "zero weights": ({"ip:InnerProduct 0": ZERO, "ip:InnerProduct 1": ONES[0]}, ["W201"]),
    "zero weights in HDF5": ({"ip 0": ZERO}, ["W201"]),
    "zero scale": ({"scale:Scale 0": np.zeros(10)}, []),
    "constant weights": ({"ip:InnerProduct 0": ONES}, ["W202"]),
    "one weight": ({"ip:InnerProduct 0": np.ones((1, 1))}, []),
    "no statistics": (
        {"n:BatchNorm 0": np.zeros(3), "n:BatchNorm 1": np.zeros(3), "n:BatchNorm 2": np.zeros(1)},
        ["W203"],
    ),
    "statistics": (
        {"n:BatchNorm 0": np.zeros(3), "n:BatchNorm 1": np.ones(3) * 1e5, "n:BatchNorm 2": np.ones(1) * 999},
        [],
    ),
    "negative variance": ({"n:BatchNorm 1": -np.ones(3), "n:BatchNorm 2": np.ones(1)}, ["W204"]),
    "nothing": ({}, ["W302"]),
}


@pytest.mark.parametrize(("blobs", "codes"), SNAPSHOTS.values(), ids=SNAPSHOTS)
def test_what_is_found_in_a_snapshot(blobs, codes):
    types = "" if "ip 0" in blobs else "InnerProduct" if "fc 0" in blobs else "Convolution"
    found = judge_snapshot(stored(blobs, types=types))
    assert [finding.code for finding in found] == codes
    assert all(finding.explanation.endswith(".") for finding in found)


def test_the_question_on_nan_predictions_is_answered():
    """The question this project started from: a snapshot of iteration 4000 predicts NaN for every image."""
    (finding,) = judge_snapshot(stored({"conv1 0": WELL, "conv2 0": spoiled(NAN), "conv3 0": WELL}))
    assert finding.explanation == (
        "conv2 holds NaN in 100 % of its weights: the training diverged before this snapshot; "
        "start from an earlier one."
    )
    assert (finding.severity, finding.layer, finding.iteration) == (Severity.ERROR, "conv2", 4000)


def test_many_layers_are_named_and_counted():
    bad = {f"conv{index} 0": spoiled(NAN, INF, share=0.0001) for index in range(1, 9)}
    (finding,) = judge_snapshot(stored(bad))
    assert finding.explanation.startswith(
        "conv1, conv2, conv3 and 5 more layers hold NaN or infinity in under 0.1 % of their weights:"
    )


def test_values_that_do_not_add_up_are_told():
    one = stored({"conv1 0": WELL})
    short = StoredSnapshot(one.snapshot, 100, (stats(WELL.ravel()[:-1]),))
    assert [finding.code for finding in judge_snapshot(short)] == ["W301"]


def test_the_damage_begins_between_two_snapshots():
    order = [stored({"conv1 0": values}, iteration=i) for i, values in ((6, spoiled(NAN)), (4, WELL * 1e10), (2, WELL))]
    series = judge_series(order, [judge_snapshot(each) for each in order])
    assert series.iterations == (2, 4, 6)
    assert (series.last_sound, series.first_damaged) == ("net_iter_2.caffemodel", "net_iter_4.caffemodel")
    assert series.sentence == (
        "The damage begins between net_iter_2.caffemodel, which is sound, and net_iter_4.caffemodel: go on from "
        "net_iter_2.caffemodel, with what made it diverge mended first."
    )


@pytest.mark.parametrize(
    ("last", "says"),
    [
        ({"a 0": WELL * 2, "b 0": WELL * 3}, "All 2 snapshots are sound."),
        ({"a 0": WELL * 2, "b 0": WELL}, "The weights of b did not change from the first to the last."),
        ({"a 0": spoiled(NAN), "b 0": WELL}, "go on from net_iter_2.caffemodel"),
    ],
)
def test_sound_series_and_layers_that_stand_still(last, says):
    order = [stored({"a 0": WELL, "b 0": WELL}, iteration=2), stored(last, iteration=4)]
    assert says in judge_series(order, [judge_snapshot(each) for each in order]).sentence


def test_a_series_that_is_damaged_from_its_start():
    order = [stored({"a 0": spoiled(NAN)}, iteration=i) for i in (2, 4)]
    series = judge_series(order, [judge_snapshot(each) for each in order])
    assert (series.last_sound, "none of these can be used" in series.sentence) == (None, True)


def test_one_snapshot_is_no_series():
    one = stored({"a 0": WELL})
    assert judge_series([one], [()]) is None


# --- data sets ---


def column(name: str, values: np.ndarray, labels: bool = False, **more: object) -> Column:
    counts = dict(zip(*(each.tolist() for each in np.unique(values, return_counts=True)), strict=True))
    runs = 1 + int(np.count_nonzero(np.diff(values.ravel())))
    shapes = {values.shape[1:]: len(values)}
    facts = {"shapes": shapes, "bad_records": 0, "first_bad": "", "constant_records": 0} | more
    return Column(
        name=name, dtype="uint8", stats=stats(values), labels=Labels(counts, runs) if labels else None, **facts
    )


def data(
    labels: np.ndarray | None = None, *troubles: Trouble, form: Form = Form.LMDB, below: int = 4, **pixels: object
) -> DataSet:
    values = RNG.integers(0, below, (100, 1, 2, 2)).astype(np.uint8)
    columns = [column("data", values, **pixels)]
    if labels is not None:
        columns.append(column("label", labels, labels=True))
    return DataSet(Path("train_lmdb"), form, 100, 100, 100, 0, True, tuple(columns), troubles)


MIXED = RNG.permutation(np.arange(100) % 10)
DATA = {
    "well": (data(MIXED), []),
    "no labels": (data(), []),
    "NaN": (data(MIXED, bad_records=3, first_bad="00000007"), ["R101"]),
    "images": (data(MIXED, Trouble("undecodable", 2, (("00000001", "image file is truncated"),))), ["R102"]),
    "records": (data(MIXED, Trouble("malformed", 2, (("00000001", "not a Datum"),))), ["R103"]),
    "one class": (data(np.full(100, 4)), ["R203"]),
    "sorted": (data(np.sort(MIXED)), ["R204"]),
    "mostly one": (data(RNG.permutation(np.array([1] * 5 + [0] * 95))), ["R205"]),
    "negative": (data(MIXED - 1), ["R206"]),
    "from 1": (data(MIXED + 1), ["R207"]),
    "shapes": (data(MIXED, shapes={(1, 2, 2): 60, (1, 2, 3): 40}), ["R303"]),
    "blank records": (data(MIXED, constant_records=5), ["R302"]),
    "pixels": (data(MIXED, below=256), ["R402"]),
}


@pytest.mark.parametrize(("one", "codes"), DATA.values(), ids=DATA)
def test_what_is_found_in_a_data_set(one, codes):
    assert [finding.code for finding in judge_data(one)] == codes


def test_what_some_records_do_not_hold_is_no_error():
    some = replace(data(np.full(100, 4)), records=1000)
    assert [(finding.code, finding.severity) for finding in judge_data(some)] == [("R203", Severity.WARNING)]


def test_values_that_are_all_the_same():
    blank = column("data", np.full((100, 1, 2, 2), 7, np.uint8))
    one = DataSet(Path("x"), Form.LMDB, 1, 100, 100, 0, True, (blank,), ())
    assert [finding.code for finding in judge_data(one)] == ["R301"]


NET = """
layer { name: "d" type: "Data" top: "data" top: "truth" %s data_param { source: "%s" backend: LMDB batch_size: 8 } }
layer { name: "fc" type: "InnerProduct" bottom: "data" top: "fc" inner_product_param { num_output: %d } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "fc" bottom: "truth" %s }
"""


def net(folder: Path, source: str = "train_lmdb", outputs: int = 10, loss: str = "", how: str = "") -> Path:
    (folder / "net.prototxt").write_text(NET % (how, source, outputs, loss))
    return folder / "net.prototxt"


@pytest.mark.parametrize(
    ("outputs", "loss", "labels", "codes"),
    [
        (10, "", MIXED, []),
        (9, "", MIXED, ["R201"]),
        (12, "", MIXED, ["R202"]),
        (10, "", MIXED + 1, ["R201"]),
        (10, "", MIXED - 1, ["R201"]),
        (9, "loss_param { ignore_label: -1 }", MIXED - 1, []),
    ],
)
def test_labels_against_a_net(outputs, loss, labels, codes, tmp_path):
    targets = read_targets(net(tmp_path, outputs=outputs, loss=loss))
    assert [finding.code for finding in judge_data(data(labels), targets)] == codes


@pytest.mark.parametrize(
    ("how", "codes"),
    [
        ("", [("R401", Severity.WARNING)]),
        ("transform_param { scale: 0.00390625 }", []),
        ("transform_param { scale: 0.5 }", [("R401", Severity.WARNING)]),
        ("transform_param { mean_value: 128 }", [("R401", Severity.INFO)]),
    ],
)
def test_pixels_against_the_scale_of_a_net(how, codes, tmp_path):
    """ "Nothing wrong" was once said of pixels that a net reads as they are."""
    targets = read_targets(net(tmp_path, source=str(tmp_path / "train_lmdb"), how=how))
    pixels = replace(data(MIXED, below=256), path=tmp_path / "train_lmdb")
    found = judge_data(pixels, targets)
    assert [(finding.code, finding.severity) for finding in found] == codes
    for finding in found:
        assert finding.remedy is not None
        assert f"transform_param of layer d ({tmp_path}/net.prototxt:2)" in finding.remedy.advice


def test_a_net_that_reads_other_data_says_nothing_of_its_scale(tmp_path):
    targets = read_targets(net(tmp_path, source="other_lmdb"))
    assert [finding.code for finding in judge_data(data(MIXED, below=256), targets)] == ["R402"]


def test_a_net_that_reads_the_data_set_is_told_from_one_that_does_not(tmp_path):
    one = DataSet(tmp_path / "train_lmdb", Form.LMDB, 1, 1, 1, 0, True, (), ())
    assert read_targets(net(tmp_path)).reads(one)
    assert not read_targets(net(tmp_path, source="other_lmdb")).reads(one)


def test_weights_against_a_net(tmp_path):
    layers = read_targets(net(tmp_path, outputs=2)).layers
    fits = stored({"fc:InnerProduct 0": RNG.normal(0, 1, (2, 4))})
    other = stored({"fc:InnerProduct 0": RNG.normal(0, 1, (1000, 4))})
    old = stored({"fc:InnerProduct 0": RNG.normal(0, 1, (1, 1, 1000, 4))})
    elsewhere = stored({"score:InnerProduct 0": RNG.normal(0, 1, (2, 4))})
    codes = [[finding.code for finding in judge_snapshot(each, layers)] for each in (fits, other, old, elsewhere)]
    assert codes == [[], ["W501"], ["W501"], ["W502"]]


def test_a_net_that_is_none_is_an_error(tmp_path):
    with pytest.raises(InputError):
        read_targets(tmp_path / "gone.prototxt")
