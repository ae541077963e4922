"""Steps in what layers do: how data is transformed, activations, batches and losses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from autofix import prototxt
from autofix.prototxt import Edit, Message, Verbatim
from studies.corpus.draft import WHY, Draft, Phase, field_of, has_data, put
from studies.corpus.faults.step import Step


def transform(name: str, phase: Phase | None = None) -> Step:
    """Another value in transform_param; without a value the field is taken out."""

    def step(draft: Draft, value: str, _: str) -> Draft:
        def edits(layer: Message) -> Iterator[Edit]:
            block = layer.message("transform_param")
            include = layer.message("include")
            if block is None or (phase and (include is None or include.text("phase") != phase)):
                return
            if value:
                yield put(block, name, float(value))
            else:
                yield from (prototxt.remove(field, WHY) for field in block.all(name))

        return draft.edit(edits)

    return step


def within(block: str, name: str) -> Step:
    """Another value of a field that is written in some layers' ``block``."""

    def step(draft: Draft, value: str, _: str) -> Draft:
        def edits(layer: Message) -> Iterator[Edit]:
            field = field_of(layer, block, name)
            if field is not None:
                yield Edit(field.start, field.end, f"{name}: {value}", WHY)

        return draft.edit(edits)

    return step


def batch(draft: Draft, value: str, _: str) -> Draft:
    """Records in a mini-batch, of TRAIN alone."""
    block = "data_param" if draft.tables.store == "lmdb" else "hdf5_data_param"

    def edits(layer: Message) -> Iterator[Edit]:
        field = field_of(layer, block, "batch_size") if has_data(layer) else None
        if field is not None:
            yield Edit(field.start, field.end, f"batch_size: {value}", WHY)

    return draft.edit(edits, "TRAIN")


def loss_weight(draft: Draft, value: str, prefix: str) -> Draft:
    """Another weight of the losses."""

    def edits(layer: Message) -> Iterator[Edit]:
        if layer.text("type").endswith("Loss") and layer.text("name").startswith(prefix):
            yield put(layer, "loss_weight", float(value))

    return draft.edit(edits)


def activation(draft: Draft, value: str, _: str) -> Draft:
    """Every ReLU, Sigmoid and TanH becomes that one."""

    def edits(layer: Message) -> Iterator[Edit]:
        kind = layer.scalar("type")
        if kind is not None and kind.string in ("ReLU", "Sigmoid", "TanH"):
            yield prototxt.replace(kind, value, WHY)

    return draft.edit(edits)


def global_stats(draft: Draft, _: str, __: str) -> Draft:
    """BatchNorm takes its stored statistics (none yet) while it trains, as it should only when it tests."""

    def edits(layer: Message) -> Iterator[Edit]:
        if layer.text("type") == "BatchNorm":
            values = [("use_global_stats", Verbatim("true"))]
            yield prototxt.insert(layer, [("batch_norm_param", values)], WHY)

    return draft.edit(edits)


STEPS: Mapping[str, Step] = {
    "scale": transform("scale"),
    "unscaled": transform("scale"),
    "no-mean": transform("mean_value"),
    "test-unscaled": transform("scale", "TEST"),
    "test-no-mean": transform("mean_value", "TEST"),
    "batch": batch,
    "dropout": within("dropout_param", "dropout_ratio"),
    "margin": within("contrastive_loss_param", "margin"),
    "loss-weight": loss_weight,
    "activation": activation,
    "global-stats": global_stats,
}
