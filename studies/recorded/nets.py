"""The nets of the trainings, as prototxts."""

from __future__ import annotations

from studies.recorded.data import BATCH


def layer(name: str, kind: str, bottoms: str, tops: str, more: str = "") -> str:
    """Return the prototxt of a layer; blob names are separated by spaces."""
    blobs = "".join(f' bottom: "{blob}"' for blob in bottoms.split())
    blobs += "".join(f' top: "{blob}"' for blob in tops.split())
    return f'layer {{ name: "{name}" type: "{kind}"{blobs} {more} }}\n'


def source(tops: str = "data label", phase: str = "") -> str:
    include = f"include {{ phase: {phase} }}" if phase else ""
    param = f'hdf5_data_param {{ source: "train.txt" batch_size: {BATCH} }}'
    return layer("input", "HDF5Data", "", tops, f"{param} {include}")


def dense(name: str, bottom: str, outputs: int, filler: str = 'type: "xavier"', params: str = "") -> str:
    weights = f"weight_filler {{ {filler} }}" if filler else ""
    param = f"{params} inner_product_param {{ num_output: {outputs} {weights} }}"
    return layer(name, "InnerProduct", bottom, name, param)


def softmax(bottom: str) -> str:
    return layer("loss", "SoftmaxWithLoss", f"{bottom} label", "loss")


def mlp(depth: int, filler: str, activation: str, width: int = 8) -> str:
    """A chain of dense layers and in-place activations, then two classes."""
    text, bottom = source(), "data"
    for number in range(1, depth + 1):
        text += dense(f"fc{number}", bottom, width, filler)
        bottom = f"fc{number}"
        text += layer(f"act{number}", activation, bottom, bottom)
    return text + dense("score", bottom, 2, filler) + softmax("score")


def recurrent() -> str:
    shapes = "".join(
        layer(f"shape_{blob}", "Reshape", blob, f"{blob}_t", f"reshape_param {{ shape {{ {dims} }} }}")
        for blob, dims in (("data", "dim: 4 dim: 2 dim: 6"), ("cont", "dim: 4 dim: 2"))
    )
    param = 'recurrent_param { num_output: 3 debug_info: true weight_filler { type: "xavier" } }'
    lstm = layer("lstm", "LSTM", "data_t cont_t", "lstm", param)
    score = (
        'inner_product_param { num_output: 2 axis: 2 weight_filler { type: "xavier" } }',
        "reshape_param { shape { dim: 8 dim: 2 } }",
    )
    return (
        source("data label cont")
        + shapes
        + lstm
        + layer("score", "InnerProduct", "lstm", "score_t", score[0])
        + layer("flat", "Reshape", "score_t", "score", score[1])
        + softmax("score")
    )
