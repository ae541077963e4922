"""What Caffe's layer types are: their old names, which of them have weights, read data, keep shapes or lose.

Types that are not listed (those of forks) are taken by their looks; see the functions below.
Source: src/caffe/proto/caffe.proto and src/caffe/util/upgrade_proto.cpp of BVLC Caffe 1.0.
"""

from __future__ import annotations

# V1LayerParameter.LayerType in the order of its numbers, with today's names.
V1_TYPES = {
    "NONE": "",
    "ACCURACY": "Accuracy",
    "BNLL": "BNLL",
    "CONCAT": "Concat",
    "CONVOLUTION": "Convolution",
    "DATA": "Data",
    "DROPOUT": "Dropout",
    "EUCLIDEAN_LOSS": "EuclideanLoss",
    "FLATTEN": "Flatten",
    "HDF5_DATA": "HDF5Data",
    "HDF5_OUTPUT": "HDF5Output",
    "IM2COL": "Im2col",
    "IMAGE_DATA": "ImageData",
    "INFOGAIN_LOSS": "InfogainLoss",
    "INNER_PRODUCT": "InnerProduct",
    "LRN": "LRN",
    "MULTINOMIAL_LOGISTIC_LOSS": "MultinomialLogisticLoss",
    "POOLING": "Pooling",
    "RELU": "ReLU",
    "SIGMOID": "Sigmoid",
    "SOFTMAX": "Softmax",
    "SOFTMAX_LOSS": "SoftmaxWithLoss",
    "SPLIT": "Split",
    "TANH": "TanH",
    "WINDOW_DATA": "WindowData",
    "ELTWISE": "Eltwise",
    "POWER": "Power",
    "SIGMOID_CROSS_ENTROPY_LOSS": "SigmoidCrossEntropyLoss",
    "HINGE_LOSS": "HingeLoss",
    "MEMORY_DATA": "MemoryData",
    "ARGMAX": "ArgMax",
    "THRESHOLD": "Threshold",
    "DUMMY_DATA": "DummyData",
    "SLICE": "Slice",
    "MVN": "MVN",
    "ABSVAL": "AbsVal",
    "SILENCE": "Silence",
    "CONTRASTIVE_LOSS": "ContrastiveLoss",
    "EXP": "Exp",
    "DECONVOLUTION": "Deconvolution",
}

# The words of the oldest format (V0) that are not V1's in small letters.
V0_TYPES = {
    "conv": "Convolution",
    "images": "ImageData",
    "innerproduct": "InnerProduct",
    "pool": "Pooling",
}

# Layers with weights drawn by a `weight_filler`, and the block it stands in.
WEIGHTED = {
    "Convolution": "convolution_param",
    "Deconvolution": "convolution_param",
    "InnerProduct": "inner_product_param",
    "Embed": "embed_param",
    "LSTM": "recurrent_param",
    "RNN": "recurrent_param",
}
RECURRENT = frozenset({"LSTM", "RNN"})

# Layers with learnable blobs of another kind, which start from a constant that is meant.
OTHER_LEARNABLE = frozenset({"PReLU", "Scale", "Bias", "BatchNorm", "BN", "Normalize", "Parameter"})

# Layers that read data and the block that says from where. Those in TRANSFORMED can scale it (see inputs.scale_home);
# MemoryData has a transform too, which does not touch data handed over by pointer.
DATA_PARAM = {
    "Data": "data_param",
    "AnnotatedData": "data_param",
    "ImageData": "image_data_param",
    "WindowData": "window_data_param",
    "HDF5Data": "hdf5_data_param",
    "MemoryData": "memory_data_param",
    "DummyData": "dummy_data_param",
    "Input": "input_param",
}
TRANSFORMED = frozenset({"Data", "ImageData", "WindowData", "AnnotatedData"})

# What a layer of these types puts out has as many channels as its first input, and as a rule its shape.
CHANNEL_KEEPING = frozenset(
    [
        "AbsVal",
        "BatchNorm",
        "Bias",
        "BN",
        "BNLL",
        "Crop",
        "Dropout",
        "ELU",
        "Exp",
        "Log",
        "LRN",
        "MVN",
        "Normalize",
        "Pooling",
        "Power",
        "PReLU",
        "ReLU",
        "Scale",
        "Sigmoid",
        "Softmax",
        "Split",
        "TanH",
        "Threshold",
        "Eltwise",
        "Permute",
    ]
)

# Losses that compare numbers, whose size is that of the targets.
REGRESSION_LOSSES = frozenset({"EuclideanLoss", "SmoothL1Loss", "L1Loss"})

# Layers that end a path: they look at blobs and hand on nothing to learn from.
_SINKS = frozenset({"Silence", "HDF5Output", "ArgMax"})

# Layers whose output holds the values of their input, laid out anew: all of them, or some beside others.
KEEPING = frozenset({"Flatten", "Reshape", "Split"})
RESHAPING = KEEPING | {"Slice", "Concat"}

# Bottoms, by position, that count something (a word, a frame, a box) or weigh the other one, and so are no signal.
INDEX_INPUTS = {
    "Scale": frozenset({1}),
    "Embed": frozenset({0}),
    "LSTM": frozenset({1}),
    "RNN": frozenset({1}),
    "BatchReindex": frozenset({1}),
    "Crop": frozenset({1}),
    "ROIPooling": frozenset({1}),
    "PSROIPooling": frozenset({1}),
    "ROIAlign": frozenset({1}),
}


def is_loss(layer_type: str) -> bool:
    """Whether a layer of this type gets ``loss_weight`` 1 without asking: every type whose name ends so."""
    return layer_type.endswith("Loss")


def is_sink(layer_type: str) -> bool:
    """Whether nothing is learnt behind a layer of this type: losses, accuracies, outputs, evaluations."""
    return is_loss(layer_type) or layer_type in _SINKS or "Accuracy" in layer_type or "Evaluate" in layer_type


def today(layer_type: str) -> str:
    """Today's name of a type written as V1's enum (``CONVOLUTION`` or 4) or as V0's word (``conv``)."""
    if layer_type.isdecimal() and int(layer_type) < len(V1_TYPES):
        return list(V1_TYPES.values())[int(layer_type)]
    return V0_TYPES.get(layer_type) or V1_TYPES.get(layer_type.upper()) or layer_type
