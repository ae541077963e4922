"""What nets mean: phases, layers of three formats, data, losses, shared weights."""

from __future__ import annotations

import itertools

import pytest

from autofix.errors import PrototxtError
from autofix.model import DataInput, Layer, Net, NetState
from autofix.prototxt import parse


def net(text: str) -> Net:
    return Net.read(parse(text))


def layer(text: str) -> Layer:
    return net(text).layers[0]


# --- phases ---

RULES = {
    "": [1, 1, 1],
    "include { phase: TRAIN }": [1, 1, 0],
    "include { phase: 1 }": [0, 0, 1],
    "include: < phase: TEST >": [0, 0, 1],
    "exclude { phase: TEST }": [1, 1, 0],
    'include { stage: "deep" }': [0, 1, 1],
    'include { stage: "deep" not_stage: "slow" }': [0, 1, 0],
    'include { stage: ["deep", "slow"] }': [0, 0, 1],
    "include { min_level: 1 }": [0, 1, 1],
    "include { min_level: 1 max_level: 1 }": [0, 1, 0],
    "include { phase: TRAIN min_level: 1 } include { phase: TEST }": [0, 1, 1],
    'exclude { phase: TRAIN stage: "deep" } exclude { max_level: 0 }': [0, 0, 1],
}
STATES = [
    NetState("TRAIN"),
    NetState("TRAIN", level=1, stages=frozenset({"deep"})),
    NetState("TEST", level=2, stages=frozenset({"deep", "slow"})),
]


@pytest.mark.parametrize("rules", RULES)
def test_rules(rules: str) -> None:
    message = layer(f"layer {{ {rules} }}").message
    assert [state.includes(message) for state in STATES] == RULES[rules]


def test_a_phase_that_is_none() -> None:
    with pytest.raises(PrototxtError, match="a phase is TRAIN or TEST, not train"):
        net("layer { include { phase: train } }").for_phase("TRAIN")


# --- layers of three formats ---

SAME_LAYER = {
    2: 'layer { name: "c" type: "Convolution" bottom: "x" top: "y" param { lr_mult: 2 decay_mult: 0 name: "w" }'
    'param { lr_mult: 3 } convolution_param { num_output: 4 kernel_size: 3 weight_filler { type: "xavier" } } }',
    1: 'layers { name: "c" type: CONVOLUTION bottom: "x" top: "y" blobs_lr: 2 blobs_lr: 3 weight_decay: 0 param: "w"'
    'convolution_param { num_output: 4 kernel_size: 3 weight_filler { type: "xavier" } } }',
    0: 'layers { layer { name: "c" type: "conv" num_output: 4 kernelsize: 3 blobs_lr: 2 blobs_lr: 3 weight_decay: 0'
    'weight_filler { type: "xavier" } } bottom: "x" top: "y" param: "w" }',
}


@pytest.mark.parametrize("version", SAME_LAYER)
def test_one_layer_in_three_formats(version: int) -> None:
    read = layer(SAME_LAYER[version].replace("0w", "0 w"))
    assert (read.version, read.name, read.type, read.bottoms, read.tops) == (
        version,
        "c",
        "Convolution",
        ("x",),
        ("y",),
    )
    assert [(p.lr_mult, p.decay_mult, p.name) for p in read.params] == [(2, 0, "w"), (3, 1, "")]
    assert (read.num_output, read.kernel, read.group) == (4, (3, 3), 1)
    assert read.weight_filler is not None
    assert read.weight_filler.type == "xavier"
    assert read.bias_filler is not None
    assert (read.bias_filler.type, read.bias_filler.value) == ("constant", 0)


@pytest.mark.parametrize(
    ("written", "today"),
    [
        *[("layers { type: SOFTMAX_LOSS }", "SoftmaxWithLoss"), ("layers { type: 4 }", "Convolution")],
        *[("layers { type: HDF5_DATA }", "HDF5Data"), ("layers { layer { type: 'innerproduct' } }", "InnerProduct")],
        *[
            ("layers { layer { type: 'images' } }", "ImageData"),
            ("layer { type: 'OfAFork' }", "OfAFork"),
            ("layer { }", ""),
        ],
    ],
)
def test_types_get_todays_name(written: str, today: str) -> None:
    assert layer(written).type == today


def test_kernels() -> None:
    kernels = {"kernel_size: 5": (5, 5), "kernel_h: 3 kernel_w: 7": (3, 7), "kernel_size: [1, 2, 3]": (1, 2, 3), "": ()}
    for text, kernel in kernels.items():
        assert layer(f'layer {{ type: "Convolution" convolution_param {{ {text} }} }}').kernel == kernel


FANS = [
    ("type: 'Convolution' convolution_param { num_output: 8 group: 2 kernel_h: 3 kernel_w: 5 }", (6 / 2 * 15, 8 * 15)),
    (
        "type: 'Deconvolution' convolution_param { num_output: 8 group: 2 kernel_h: 3 kernel_w: 5 }",
        (8 / 2 * 15, 6 * 15),
    ),
    ("type: 'InnerProduct' inner_product_param { num_output: 8 }", (6, 8)),
    ("type: 'InnerProduct' inner_product_param { num_output: 8 transpose: true }", (8, 6)),
    ("type: 'Embed' embed_param { num_output: 8 input_dim: 6 }", (8, 6)),
]


@pytest.mark.parametrize(("text", "fans"), FANS)
def test_fans_are_counted_from_the_shape_of_the_weights(text: str, fans: tuple[float, float]) -> None:
    assert layer(f"layer {{ {text} }}").fans(6) == fans


def test_a_net_may_name_a_phase_of_its_own() -> None:
    """Caffe merges the net's state over the solver's phase, and train_state over that."""
    text = "layer { name: 'a' include { phase: TRAIN } } layer { name: 'b' include { phase: TEST } }"
    names = {
        state: [each.name for each in net(state + text).for_phase("TRAIN").layers]
        for state in ("", "state { level: 1 }", "state { phase: TEST }")
    }
    assert names == {"": ["a"], "state { level: 1 }": ["a"], "state { phase: TEST }": ["b"]}


# --- weights ---

BIASED = {
    "layer { type: 'InnerProduct' inner_product_param { num_output: 1 } }": True,
    "layer { type: 'InnerProduct' inner_product_param { num_output: 1 bias_term: false } }": False,
    "layers { layer { type: 'innerproduct' num_output: 1 } }": True,
    "layers { layer { type: 'innerproduct' num_output: 1 biasterm: false } }": False,
}


@pytest.mark.parametrize("text", BIASED)
def test_which_layers_have_biases(text: str) -> None:
    assert (layer(text).bias_filler is not None) == BIASED[text]


STILL = "param { lr_mult: 0 }"
WEIGHTS = {
    "layer { type: 'InnerProduct' inner_product_param { num_output: 1 } }": (True, True),
    "layer { type: 'Embed' embed_param { weight_filler { type: 'uniform' } } }": (True, True),
    "layer { type: 'LSTM' recurrent_param { weight_filler { type: 'uniform' } } }": (True, True),
    "layer { type: 'Deconvolution' convolution_param { weight_filler { type: 'bilinear' } } }": (True, False),
    "layer { type: 'Convolution' convolution_param { weight_filler { type: 'of_a_fork' } } }": (True, False),
    "layer { type: 'DepthwiseConv' convolution_param { weight_filler { type: 'msra' } } }": (True, True),
    "layer { type: 'PReLU' prelu_param { filler { value: 0.25 } } }": (True, False),
    "layer { type: 'Scale' scale_param { filler { value: 2 } } }": (True, False),
    "layer { type: 'BatchNorm' }": (True, False),
    "layer { type: 'Convolution' }": (True, False),
    "layer { type: 'ReLU' }": (False, False),
    f"layer {{ {STILL} type: 'Convolution' convolution_param {{ weight_filler {{ value: 0.1 }} }} }}": (True, False),
    f"layer {{ {STILL} type: 'Convolution' convolution_param {{ weight_filler {{ type: 'msra' }} }} }}": (True, True),
}


@pytest.mark.parametrize("text", WEIGHTS)
def test_which_layers_learn_and_which_can_be_refilled(text: str) -> None:
    assert (layer(text).learnable, layer(text).refillable) == WEIGHTS[text]


def test_only_the_owner_of_shared_weights_is_refilled() -> None:
    ip = "layer { name: '%s' type: 'InnerProduct' inner_product_param { num_output: 1 } param { name: '%s' } }"
    shared = net("".join(ip % pair for pair in [("a", "w"), ("b", "w"), ("c", ""), ("d", "")]))
    assert [each.name for each in shared.refillable] == ["a", "c", "d"]
    assert [owner.name for owner in shared.owners.values()] == ["a", "a", "c", "d"]


# --- data ---

CONV = "layer { name: 'conv' type: 'Convolution' bottom: '%s' top: 'y' convolution_param { num_output: 5 } }"
LOSS = "layer { name: 'loss' type: 'SoftmaxWithLoss' bottom: 'y' bottom: 'label' }"


def data_of(text: str) -> DataInput:
    return net(text + CONV % "data" + LOSS).inputs[0]


def test_a_data_layer() -> None:
    data = data_of(
        "layer { name: 'd' type: 'Data' top: 'data' top: 'label' data_param { source: 'db' batch_size: 64 backend: 1 }"
        "transform_param { scale: 0.1 mean_value: [1, 2, 3] crop_size: 227 mirror: true } }"
    )
    assert (data.name, data.kind, data.source, data.backend, data.batch_size) == ("d", "Data", "db", "LMDB", 64)
    assert (data.scale, data.mean_values, data.mean_subtracted) == (0.1, (1, 2, 3), True)
    assert (data.crop_size, data.mirror, data.transforms) == (227, True, True)
    assert (data.tops, data.features, data.targets) == (("data", "label"), ("data",), ())


INPUTS = [  # text, source, backend, batch size, scale, whether its own transform scales
    ("layer { type: 'Data' top: 'data' data_param { source: 'db' } }", "db", "LEVELDB", None, 1, True),
    ("layers { type: DATA top: 'data' data_param { source: 'db' scale: 3 } }", "db", "LEVELDB", None, 3, True),
    ("layers { layer { type: 'data' source: 'db' batchsize: 2 scale: 4 } top: 'data' }", "db", "LEVELDB", 2, 4, True),
    ("layer { type: 'HDF5Data' top: 'data' hdf5_data_param { source: 'l' batch_size: 7 } }", "l", "", 7, 1, False),
    ("layer { type: 'Input' top: 'data' input_param { shape { dim: 9 dim: 3 } } }", "", "", 9, 1, False),
    ("layer { type: 'DummyData' top: 'data' dummy_data_param { num: 6 channels: 1 } }", "", "", 6, 1, False),
    ("layer { type: 'MemoryData' top: 'data' memory_data_param { batch_size: 5 } }", "", "", 5, 1, False),
    ("layer { type: 'Python' top: 'data' transform_param { scale: 1 } }", "", "", None, 1, False),
    ("layer { type: 'VideoData' top: 'data' transform_param { scale: 2 } }", "", "", None, 2, True),
    ("layer { type: 'VideoData' top: 'data' }", "", "", None, 1, False),
    ("layer { type: 'WindowData' top: 'data' window_data_param { scale: 2 } }", "", "", None, 2, True),
    ("layer { type: 'WindowData' top: 'data' transform_param { scale: 2 } }", "", "", None, 1, True),
    ("layers { type: WINDOW_DATA top: 'data' window_data_param { scale: 2 } }", "", "", None, 1, False),
    ("layer { type: 'DummyData' top: 'data' transform_param { scale: 2 } }", "", "", None, 1, False),
    ("input: 'data' input_dim: 1 ", "", "", None, 1, False),
]


@pytest.mark.parametrize(("text", "source", "backend", "batch_size", "scale", "transforms"), INPUTS)
def test_data_of_every_kind(
    text: str, source: str, backend: str, batch_size: int | None, scale: float, transforms: bool
) -> None:
    data = data_of(text)
    assert (data.source, data.backend, data.batch_size) == (source, backend, batch_size)
    assert (data.scale, data.transforms, data.features) == (scale, transforms, ("data",))


POWER = "layer { name: '%s' type: 'Power' bottom: '%s' top: '%s' } "
POWERS = [
    ("", "data", []),
    (POWER % ("p", "data", "p"), "data", []),  # what passes it by reads the data itself
    (POWER % ("p", "data", "p"), "p", ["p"]),
    (POWER % ("p", "data", "data"), "data", ["p"]),
    (POWER % ("p", "data", "p") + POWER % ("q", "p", "q"), "q", ["p", "q"]),
]


@pytest.mark.parametrize(("between", "read", "names"), POWERS)
def test_power_layers_through_which_all_data_passes(between: str, read: str, names: list[str]) -> None:
    found = net("layer { name: 'd' type: 'HDF5Data' top: 'data' }" + between + CONV % read)
    assert [layer.name for layer in found.blobs.powers("data")] == names


def test_what_is_signal_and_what_is_not() -> None:
    """Labels, indices, markers and boxes reach the loss or weights too, but not as a signal."""
    read = net(
        "layer { type: 'Python' top: 'image' top: 'words' top: 'cont' top: 'boxes' top: 'mask' "
        "top: 'label' top: 'unused' }"
        "layer { type: 'Reshape' bottom: 'label' top: 'flat_label' }"
        "layer { type: 'Power' bottom: 'image' top: 'image2' }"
        "layer { type: 'Slice' bottom: 'image2' top: 'left' top: 'right' }"
        "layer { type: 'Convolution' bottom: 'right' top: 'conv' }"
        "layer { type: 'Scale' bottom: 'conv' bottom: 'mask' top: 'masked' }"
        "layer { type: 'ROIPooling' bottom: 'masked' bottom: 'boxes' top: 'rois' }"
        "layer { type: 'Embed' bottom: 'words' top: 'embedded' }"
        "layer { type: 'LSTM' bottom: 'embedded' bottom: 'cont' top: 'lstm' }"
        "layer { type: 'InnerProduct' bottom: 'rois' top: 'ip' }"
        "layer { type: 'SoftmaxWithLoss' bottom: 'ip' bottom: 'flat_label' }"
        "layer { type: 'Accuracy' bottom: 'ip' bottom: 'label' top: 'accuracy' }"
    )
    assert read.inputs[0].features == ("image",)


def test_an_autoencoders_data_is_its_target_too() -> None:
    read = net(
        "layer { type: 'Data' top: 'data' } layer { type: 'Flatten' bottom: 'data' top: 'flat' }"
        "layer { type: 'InnerProduct' bottom: 'data' top: 'ip' }"
        "layer { type: 'EuclideanLoss' bottom: 'ip' bottom: 'flat' }"
    )
    assert (read.inputs[0].features, read.inputs[0].targets) == (("data",), ("data",))
    assert read.regression_targets == (), "what scales its input scales its target"


# --- losses ---


def test_classes_are_found_behind_layers_that_keep_them() -> None:
    read = net(
        CONV % "data" + "layer { type: 'BatchNorm' bottom: 'y' top: 'y' } layer { type: 'ReLU' bottom: 'y' top: 'z' }"
        "layer { type: 'Concat' bottom: 'z' bottom: 'y' top: 'both' }"
        "layer { type: 'Dropout' bottom: 'both' top: 'both' }"
        "layer { name: 'loss' type: 'SoftmaxWithLoss' bottom: 'both' bottom: 'label' top: 'l' loss_weight: 0.5 }"
    )
    loss = read.losses[0]
    assert (loss.layer.name, loss.top, loss.weight, loss.classes) == ("loss", "l", 0.5, 10)
    assert (loss.prediction, loss.label) == ("both", "label")


def test_losses_by_name_and_by_weight() -> None:
    read = net(
        "input: 'target' layer { type: 'EuclideanLoss' bottom: 'target' bottom: 'out' }"
        "layer { type: 'HingeLoss' bottom: 'out' bottom: 'target' loss_weight: 0 }"
        "layer { type: 'Reduction' bottom: 'out' top: 'sum' loss_weight: 0.1 }"
        "layers { type: SOFTMAX_LOSS bottom: 'out' bottom: 'target' } layer { type: 'Accuracy' bottom: 'out' top: 'a' }"
    )
    assert [(loss.layer.type, loss.weight) for loss in read.losses] == [
        *[("EuclideanLoss", 1), ("Reduction", 0.1), ("SoftmaxWithLoss", 1)]
    ]
    assert [(loss.prediction, loss.label) for loss in read.losses] == [
        ("out", "target"),
        ("out", ""),
        ("out", "target"),
    ]
    assert read.regression_targets == (), "the softmax reads a class from it"


def test_targets_of_regressions_alone() -> None:
    loss = "layer { type: '%s' bottom: 'out' bottom: '%s' } "
    read = net("input: 'a' input: 'b'" + loss % ("EuclideanLoss", "a") + loss % ("L1Loss", "a"))
    assert read.regression_targets == ("a",)
    read = net("input: 'a' input: 'b'" + loss % ("EuclideanLoss", "a") + loss % ("SoftmaxWithLoss", "b"))
    assert read.regression_targets == ("a",)


def test_what_a_net_computes_is_no_target_of_its_data() -> None:
    """Another branch's output as a target: scaled, it would come scaled to all that reads it."""
    read = net(
        "input: 'data' input: 'target'"
        "layer { type: 'InnerProduct' bottom: 'data' top: 'teacher' } layer { type: 'ReLU' bottom: 'teacher' top: 't' }"
        "layer { type: 'InnerProduct' bottom: 't' top: 'student' }"
        "layer { type: 'EuclideanLoss' bottom: 'student' bottom: 't' }"
        "layer { type: 'Python' bottom: 'student' bottom: 'target' top: 'wanted' }"
        "layer { type: 'SmoothL1Loss' bottom: 'student' bottom: 'wanted' }"
    )
    assert read.regression_targets == ("wanted",), "Python code makes targets of what it reads"


def test_a_net_of_a_thousand_layers_is_walked_without_recursion() -> None:
    chain = "".join(f"layer {{ type: 'Eltwise' bottom: 'y{i}' top: 'y{i + 1}' }}" for i in range(3000))
    read = net("input: 'data'" + CONV.replace("'y'", "'y0'") % "data" + chain + LOSS.replace("'y'", "'y3000'"))
    assert read.losses[0].classes == 5
    assert read.inputs[0].features == ("data",)


def test_layers_are_found_by_name() -> None:
    read = net("layer { name: 'a' } layer { name: 'a' type: 'ReLU' }")
    assert read.layer("a").type == ""
    with pytest.raises(KeyError, match="no layer 'b' in this net"):
        read.layer("b")


def test_levels_agree_with_a_slow_reading_of_the_rule() -> None:
    """Every combination of bounds and level against the sentence: within the bounds that are written."""
    bounds = [None, -1, 0, 1]
    for low, high, level in itertools.product(bounds, bounds, [-1, 0, 1]):
        rule = (f"min_level: {low} " if low is not None else "") + (f"max_level: {high}" if high is not None else "")
        within = (low is None or low <= level) and (high is None or level <= high)
        message = layer(f"layer {{ include {{ {rule} }} }}").message
        assert NetState("TRAIN", level=level).includes(message) == within
