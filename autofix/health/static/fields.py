"""The fields of Caffe's text formats, and its types of layers.

Source: src/caffe/proto/caffe.proto and src/caffe/layers of BVLC Caffe 1.0, in its last state, of 2018.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal, TypeAlias

from autofix.health.static.subject import Subject
from autofix.model.kinds import CHANNEL_KEEPING, DATA_PARAM, OTHER_LEARNABLE, RESHAPING, V1_TYPES, WEIGHTED
from autofix.prototxt import ListValue, Message

_NAMES = {  # by block; those with a * may be written several times
    "solver": (
        "net net_param train_net test_net* train_net_param test_net_param* train_state test_state* test_iter* "
        "test_interval test_compute_loss test_initialization base_lr display average_loss max_iter iter_size "
        "lr_policy gamma power momentum weight_decay regularization_type stepsize stepvalue* clip_gradients "
        "snapshot snapshot_prefix snapshot_diff snapshot_format solver_mode device_id random_seed type delta "
        "momentum2 rms_decay debug_info snapshot_after_train solver_type layer_wise_reduce weights*"
    ),
    "net": "name input* input_shape* input_dim* force_backward state debug_info layer* layers*",
    "layer": (
        "name type bottom* top* phase loss_weight* param* blobs* propagate_down* include* exclude* "
        "transform_param loss_param accuracy_param argmax_param batch_norm_param bias_param clip_param "
        "concat_param contrastive_loss_param convolution_param crop_param data_param dropout_param "
        "dummy_data_param eltwise_param elu_param embed_param exp_param flatten_param hdf5_data_param "
        "hdf5_output_param hinge_loss_param image_data_param infogain_loss_param inner_product_param input_param "
        "log_param lrn_param memory_data_param mvn_param parameter_param pooling_param power_param prelu_param "
        "python_param recurrent_param reduction_param relu_param reshape_param scale_param sigmoid_param "
        "softmax_param spp_param slice_param swish_param tanh_param threshold_param tile_param window_data_param"
    ),
    "layers": (
        "bottom* top* name include* exclude* type blobs* param* blob_share_mode* blobs_lr* weight_decay* "
        "loss_weight* accuracy_param argmax_param concat_param contrastive_loss_param convolution_param "
        "data_param dropout_param dummy_data_param eltwise_param exp_param hdf5_data_param hdf5_output_param "
        "hinge_loss_param image_data_param infogain_loss_param inner_product_param lrn_param memory_data_param "
        "mvn_param pooling_param power_param relu_param sigmoid_param softmax_param slice_param tanh_param "
        "threshold_param window_data_param transform_param loss_param layer"
    ),
    "v0": (  # a layer within layers, in the oldest format
        "name type num_output biasterm weight_filler bias_filler pad kernelsize group stride pool dropout_ratio "
        "local_size alpha beta k source scale meanfile batchsize cropsize mirror blobs* blobs_lr* weight_decay* "
        "rand_skip det_fg_threshold det_bg_threshold det_fg_fraction det_context_pad det_crop_mode new_num "
        "new_channels new_height new_width shuffle_images concat_dim hdf5_output_param"
    ),
    "state": "phase level stage*",
    "rule": "phase min_level max_level stage* not_stage*",
    "param": "name share_mode lr_mult decay_mult",
    "filler": "type value min max mean std sparse variance_norm",
    "transform_param": "scale mirror crop_size mean_file mean_value* force_color force_gray",
    "loss_param": "ignore_label normalization normalize",
    "accuracy_param": "top_k axis ignore_label",
    "argmax_param": "out_max_val top_k axis",
    "batch_norm_param": "use_global_stats moving_average_fraction eps",
    "bias_param": "axis num_axes filler",
    "clip_param": "min max",
    "concat_param": "axis concat_dim",
    "contrastive_loss_param": "margin legacy_version",
    "convolution_param": (
        "num_output bias_term pad* kernel_size* stride* dilation* pad_h pad_w kernel_h kernel_w stride_h stride_w "
        "group weight_filler bias_filler engine axis force_nd_im2col"
    ),
    "crop_param": "axis offset*",
    "data_param": "source batch_size rand_skip backend scale mean_file crop_size mirror force_encoded_color prefetch",
    "dropout_param": "dropout_ratio",
    "dummy_data_param": "data_filler* shape* num* channels* height* width*",
    "eltwise_param": "operation coeff* stable_prod_grad",
    "elu_param": "alpha",
    "embed_param": "num_output input_dim bias_term weight_filler bias_filler",
    "exp_param": "base scale shift",
    "flatten_param": "axis end_axis",
    "hdf5_data_param": "source batch_size shuffle",
    "hdf5_output_param": "file_name",
    "hinge_loss_param": "norm",
    "image_data_param": (
        "source batch_size rand_skip shuffle new_height new_width is_color scale mean_file crop_size mirror root_folder"
    ),
    "infogain_loss_param": "source axis",
    "inner_product_param": "num_output bias_term weight_filler bias_filler axis transpose",
    "input_param": "shape*",
    "log_param": "base scale shift",
    "lrn_param": "local_size alpha beta norm_region k engine",
    "memory_data_param": "batch_size channels height width",
    "mvn_param": "normalize_variance across_channels eps",
    "parameter_param": "shape",
    "pooling_param": (
        "pool pad pad_h pad_w kernel_size kernel_h kernel_w stride stride_h stride_w engine global_pooling round_mode"
    ),
    "power_param": "power scale shift",
    "prelu_param": "filler channel_shared",
    "python_param": "module layer param_str share_in_parallel",
    "recurrent_param": "num_output weight_filler bias_filler debug_info expose_hidden",
    "reduction_param": "operation axis coeff",
    "relu_param": "negative_slope engine",
    "reshape_param": "shape axis num_axes",
    "scale_param": "axis num_axes filler bias_term bias_filler",
    "sigmoid_param": "engine",
    "softmax_param": "engine axis",
    "spp_param": "pyramid_height pool engine",
    "slice_param": "axis slice_point* slice_dim",
    "swish_param": "beta",
    "tanh_param": "engine",
    "threshold_param": "threshold",
    "tile_param": "axis tiles",
    "window_data_param": (
        "source scale mean_file batch_size crop_size mirror fg_threshold bg_threshold fg_fraction context_pad "
        "crop_mode cache_images root_folder"
    ),
}

_OTHER_NAMES = {  # blocks that go by another name than the field they stand in
    "train_state": "state",
    "test_state": "state",
    "include": "rule",
    "exclude": "rule",
    "weight_filler": "filler",
    "bias_filler": "filler",
    "data_filler": "filler",
    "net_param": "net",
    "train_net_param": "net",
    "test_net_param": "net",
}

_TEXTS = (  # fields by what they hold; those not listed are blocks or numbers with a fraction
    "bottom crop_mode det_crop_mode file_name input lr_policy mean_file meanfile module name net not_stage param_str "
    "regularization_type root_folder snapshot_prefix source stage test_net top train_net type weights"
)
_SWITCHES = (
    "across_channels bias_term biasterm cache_images channel_shared debug_info expose_hidden force_backward "
    "force_color force_encoded_color force_gray force_nd_im2col global_pooling is_color layer_wise_reduce "
    "legacy_version mirror normalize normalize_variance out_max_val propagate_down share_in_parallel shuffle "
    "shuffle_images snapshot_after_train snapshot_diff stable_prod_grad test_compute_loss test_initialization "
    "transpose use_global_stats"
)
_WHOLE = (
    "average_loss axis device_id display end_axis ignore_label input_dim iter_size level max_iter max_level min_level "
    "new_channels new_height new_num new_width num_axes random_seed snapshot sparse stepsize stepvalue test_interval "
    "test_iter tiles"
)
_COUNTS = (
    "batch_size batchsize channels concat_dim context_pad crop_size cropsize det_context_pad dilation group height "
    "kernel_h kernel_size kernel_w kernelsize local_size num num_output offset pad pad_h pad_w prefetch "
    "pyramid_height rand_skip slice_dim slice_point stride stride_h stride_w top_k width"
)
WORDS: Mapping[str, tuple[str, ...]] = {  # fields that hold a word without quotes, and the words
    "backend": ("LEVELDB", "LMDB"),
    "blob_share_mode": ("STRICT", "PERMISSIVE"),
    "engine": ("DEFAULT", "CAFFE", "CUDNN"),
    "norm": ("L1", "L2"),
    "norm_region": ("ACROSS_CHANNELS", "WITHIN_CHANNEL"),
    "normalization": ("FULL", "VALID", "BATCH_SIZE", "NONE"),
    "operation": ("PROD", "SUM", "MAX", "ASUM", "SUMSQ", "MEAN"),
    "phase": ("TRAIN", "TEST"),
    "pool": ("MAX", "AVE", "STOCHASTIC"),
    "round_mode": ("CEIL", "FLOOR"),
    "share_mode": ("STRICT", "PERMISSIVE"),
    "snapshot_format": ("HDF5", "BINARYPROTO"),
    "solver_mode": ("CPU", "GPU"),
    "solver_type": ("SGD", "NESTEROV", "ADAGRAD", "RMSPROP", "ADADELTA", "ADAM"),
    "variance_norm": ("FAN_IN", "FAN_OUT", "AVERAGE"),
}
Kind: TypeAlias = Literal["text", "word", "switch", "whole", "count", "number", "block"]
_KINDS: Mapping[str, Kind] = {
    **dict.fromkeys(_TEXTS.split(), "text"),
    **dict.fromkeys(WORDS, "word"),
    **dict.fromkeys(_SWITCHES.split(), "switch"),
    **dict.fromkeys(_WHOLE.split(), "whole"),
    **dict.fromkeys(_COUNTS.split(), "count"),
}

FIELDS: Mapping[str, tuple[str, ...]] = {
    block: tuple(names.replace("*", "").split()) for block, names in _NAMES.items()
}
REPEATED: Mapping[str, frozenset[str]] = {
    block: frozenset(name[:-1] for name in names.split() if name.endswith("*")) for block, names in _NAMES.items()
}


def kind_of(block: str, name: str) -> Kind:
    """What the field ``name`` of ``block`` holds."""
    if (block, name) in (("python_param", "layer"), ("layers", "param")):
        return "text"
    if (block, name) == ("layers", "type"):
        return "word"
    inner = name in ("layer", "layers", "blobs", "shape", "input_shape") or _OTHER_NAMES.get(name, name) in FIELDS
    return _KINDS.get(name) or ("block" if inner else "number")


def blocks(subject: Subject) -> Iterator[tuple[str, Message]]:
    """Every block of the solver and the nets whose fields are known, with its name in FIELDS."""
    nets = [net.root for net in subject.training.nets if net.path != subject.solver.path]
    queue = [("solver", subject.solver.root), *(("net", root) for root in nets)]
    while queue:
        block, message = queue.pop()
        yield block, message
        for field in message:
            inner = "v0" if (block, field.name) == ("layers", "layer") else _OTHER_NAMES.get(field.name, field.name)
            values = field.value.items if isinstance(field.value, ListValue) else (field.value,)
            if inner in FIELDS:
                queue += [(inner, value) for value in values if isinstance(value, Message)]


_OTHERS = ("BatchReindex", "Clip", "Filter", "LSTMUnit", "Python", "Reduction", "SPP", "Swish", "Tile")
STOCK = frozenset(  # layer types of BVLC Caffe, and some that many forks have
    filter(None, [*V1_TYPES.values(), *DATA_PARAM, *WEIGHTED, *OTHER_LEARNABLE, *CHANNEL_KEEPING, *RESHAPING, *_OTHERS])
)
