"""The steps from a sound training to a case: each a small pure function that changes one thing as a user might.

A step is written ``name``, ``name=value`` or ``name=value@prefix``; the prefix picks layers by the beginning of
their names. Steps that only vary a sound training (another solver, another batch) are of the same kind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np

from autofix import prototxt
from autofix.prototxt import Edit, Message, Verbatim
from studies.corpus.draft import WHY, Draft, field_of, has_data, put, put_text, weights
from studies.corpus.generators import Array

Step = Callable[[Draft, str, str], Draft]


# --- the solver ---


def _lr(draft: Draft, value: str, _: str) -> Draft:
    """``lr=x30``: thirty times the base_lr; ``lr=0.3``: that base_lr."""
    base_lr = draft.solver.root.number("base_lr", 0)
    return draft.solve(base_lr=float(value) if value[0] != "x" else float(f"{base_lr * float(value[1:]):.6g}"))


def _field(name: str) -> Step:
    def step(draft: Draft, value: str, _: str) -> Draft:
        return draft.solve(**{name: float(value) if "." in value or "e" in value else int(value)})

    return step


def _solver(kind: str, **others: float) -> Step:
    """Another solver; ``adam=0.001`` also gives its base_lr. One without momentum may not have any (Caffe checks)."""

    def step(draft: Draft, value: str, _: str) -> Draft:
        draft = draft.solve(type=kind, **others)
        draft = draft.solve(base_lr=float(value)) if value else draft
        return draft.without("momentum") if kind in ("RMSProp", "AdaGrad") else draft

    return step


SCHEDULES: Mapping[str, Mapping[str, float]] = {
    "step": {"gamma": 0.5, "stepsize": 800},
    "exp": {"gamma": 0.999},
    "inv": {"gamma": 0.0001, "power": 0.75},
    "poly": {"power": 1.0},
    "step-without-stepsize": {"gamma": 0.1},
    "exp-growing": {"gamma": 1.005},
    "multistep-growing": {"gamma": 10, "stepvalue": 600},
}


def _schedule(draft: Draft, value: str, _: str) -> Draft:
    policy = value.split("-")[0]
    return draft.solve(lr_policy=policy, **SCHEDULES[value])


def _no_max_iter(draft: Draft, _: str, __: str) -> Draft:
    return draft.without("max_iter")


# --- weights ---


def _filler(text: str) -> Step:
    """Another weight_filler; ``{}`` in its text is the step's value."""

    def step(draft: Draft, value: str, prefix: str) -> Draft:
        def edits(layer: Message) -> Iterator[Edit]:
            for block in weights(layer, prefix):
                yield put_text(block, "weight_filler", text.format(value))

        return draft.edit(edits)

    return step


def _bias(draft: Draft, value: str, prefix: str) -> Draft:
    def edits(layer: Message) -> Iterator[Edit]:
        for block in weights(layer, prefix):
            yield put_text(block, "bias_filler", f'bias_filler {{ type: "constant" value: {value} }}')

    return draft.edit(edits)


def _frozen(draft: Draft, _: str, prefix: str) -> Draft:
    """``lr_mult: 0`` in the layers picked."""

    def edits(layer: Message) -> Iterator[Edit]:
        if any(weights(layer, prefix)):
            yield from (prototxt.remove(field, WHY) for field in layer.all("param"))
            name = layer.get("name")
            assert name is not None
            yield Edit(name.end, name.end, " param { lr_mult: 0 } param { lr_mult: 0 }", WHY)

    return draft.edit(edits)


# --- input, layers, losses ---


def _transform(name: str, value: float | None = None, phase: str = "") -> Step:
    """Give ``transform_param`` another value, or take one out of it."""

    def step(draft: Draft, given: str, _: str) -> Draft:
        wanted = float(given) if given else value

        def edits(layer: Message) -> Iterator[Edit]:
            block = layer.message("transform_param") if has_data(layer) else None
            if block is None or (phase and f"phase: {phase}" not in layer.raw):
                return
            if wanted is not None:
                yield put(block, name, wanted)
            else:
                yield from (prototxt.remove(field, WHY) for field in block.all(name))

        return draft.edit(edits)

    return step


def _within(block: str, name: str, train: bool = False) -> Step:
    """Give a field of every layer's ``block`` the step's value."""

    def step(draft: Draft, value: str, _: str) -> Draft:
        def edits(layer: Message) -> Iterator[Edit]:
            field = field_of(layer, block, name)
            if field is not None:
                yield Edit(field.start, field.end, f"{name}: {value}", WHY)

        return draft.edit(edits, "TRAIN" if train else None)

    return step


def _batch(draft: Draft, value: str, _: str) -> Draft:
    """Records in a mini-batch, of TRAIN alone."""
    block = "data_param" if draft.tables.store == "lmdb" else "hdf5_data_param"
    layer = next(layer for layer in draft.layers("TRAIN") if has_data(layer))
    field = field_of(layer, block, "batch_size")
    assert field is not None
    return draft.edit(lambda other: [Edit(field.start, field.end, f"batch_size: {value}", WHY)] * (other is layer))


def _loss_weight(draft: Draft, value: str, prefix: str) -> Draft:
    def edits(layer: Message) -> Iterator[Edit]:
        if layer.text("type").endswith("Loss") and layer.text("name").startswith(prefix):
            yield put(layer, "loss_weight", float(value))

    return draft.edit(edits)


def _activation(draft: Draft, value: str, _: str) -> Draft:
    """Every ReLU, Sigmoid and TanH becomes that one."""

    def edits(layer: Message) -> Iterator[Edit]:
        kind = layer.scalar("type")
        if kind is not None and kind.string in ("ReLU", "Sigmoid", "TanH"):
            yield prototxt.replace(kind, value, WHY)

    return draft.edit(edits)


def _global_stats(draft: Draft, _: str, __: str) -> Draft:
    """BatchNorm takes its stored statistics (none yet) while it trains, as it should only later."""

    def edits(layer: Message) -> Iterator[Edit]:
        if layer.text("type") == "BatchNorm":
            values = [("use_global_stats", Verbatim("true"))]
            yield prototxt.insert(layer, [("batch_norm_param", values)], WHY)

    return draft.edit(edits)


# --- data ---


def _raw(draft: Draft, value: str, _: str) -> Draft:
    """A blob in its own units, not standardised."""
    mean, std = draft.tables.units[value]
    return draft.spoil(f"raw={value}", draft.tables.map(value, lambda rows: (rows * std + mean).astype(np.float32)))


def _times(blob: str) -> Step:
    def step(draft: Draft, value: str, _: str) -> Draft:
        change = draft.tables.map(blob, lambda rows: (rows * np.float32(value)).astype(np.float32))
        return draft.spoil(f"{blob}={value}", change)

    return step


def _broken_record(value: float) -> Step:
    """One number of the record at one third of the training set is not finite."""

    def broken(rows: Array) -> Array:
        rows = rows.astype(np.float32)
        rows[len(rows) // 3].flat[0] = value
        return rows

    def step(draft: Draft, _: str, __: str) -> Draft:
        return draft.spoil(f"{value}-record", draft.tables.map("data", broken, test=False))

    return step


def _outlier(draft: Draft, value: str, _: str) -> Draft:
    """One record in 200 of the training set is so many times too large."""

    def change(rows: Array) -> Array:
        rows = rows.astype(np.float32)
        rows[100::200] *= float(value)
        return rows

    return draft.spoil(f"outlier={value}", draft.tables.map("data", change, test=False))


def _labels(draft: Draft, value: str, _: str) -> Draft:
    """Labels shifted: ``labels=1`` counts classes from 1, so that the last one is out of range."""
    return draft.spoil(f"labels={value}", draft.tables.map("label", lambda rows: rows + int(value)))


def _shuffled_labels(draft: Draft, _: str, __: str) -> Draft:
    """Labels drawn anew at random: nothing can be learned but their shares (and, in time, the records by heart)."""
    rng = np.random.default_rng(1)
    return draft.spoil("shuffled-labels", draft.tables.map("label", lambda rows: rng.permutation(rows)))


def _rare(draft: Draft, value: str, _: str) -> Draft:
    """Of every class but the most frequent, only one record in so many is kept."""
    tables, thinned = draft.tables, []
    for arrays in (tables.train, tables.test):
        labels = arrays["label"]
        classes, counts = np.unique(labels, return_counts=True)
        keep = (labels == classes[counts.argmax()]) | (np.arange(len(labels)) % int(value) == 0)
        thinned.append({name: rows[keep] for name, rows in arrays.items()})
    return draft.spoil(f"rare={value}", type(tables)(*thinned, tables.store, tables.units))


STEPS: Mapping[str, Step] = {
    "lr": _lr,
    "momentum": _field("momentum"),
    "decay": _field("weight_decay"),
    "clip": _field("clip_gradients"),
    "iters": _field("max_iter"),
    "accumulate": _field("iter_size"),
    "nesterov": _solver("Nesterov"),
    "adam": _solver("Adam", momentum2=0.999),
    "rmsprop": _solver("RMSProp", rms_decay=0.98),
    "adagrad": _solver("AdaGrad"),
    "adadelta": _solver("AdaDelta", momentum=0.95, delta=1e-6),
    "schedule": _schedule,
    "no-max-iter": _no_max_iter,
    "std": _filler('weight_filler {{ type: "gaussian" std: {} }}'),
    "default-std": _filler('weight_filler {{ type: "gaussian" }}'),
    "constant": _filler('weight_filler {{ type: "constant" value: {} }}'),
    "uniform": _filler('weight_filler {{ type: "uniform" min: -{0} max: {0} }}'),
    "no-filler": _filler(""),
    "xavier": _filler('weight_filler {{ type: "xavier" }}'),
    "msra": _filler('weight_filler {{ type: "msra" }}'),
    "bias": _bias,
    "frozen": _frozen,
    "unscaled": _transform("scale"),
    "scale": _transform("scale"),
    "no-mean": _transform("mean_value"),
    "test-unscaled": _transform("scale", phase="TEST"),
    "test-no-mean": _transform("mean_value", phase="TEST"),
    "batch": _batch,
    "loss-weight": _loss_weight,
    "activation": _activation,
    "dropout": _within("dropout_param", "dropout_ratio"),
    "margin": _within("contrastive_loss_param", "margin"),
    "global-stats": _global_stats,
    "raw": _raw,
    "data": _times("data"),
    "target": _times("target"),
    "nan-record": _broken_record(np.nan),
    "inf-record": _broken_record(np.inf),
    "outlier": _outlier,
    "labels": _labels,
    "shuffled-labels": _shuffled_labels,
    "rare": _rare,
}


def apply(draft: Draft, step: str) -> Draft:
    """Take one step. Raises ValueError if it is unknown or finds nothing to change."""
    head, _, prefix = step.partition("@")
    name, _, value = head.partition("=")
    if name not in STEPS:
        raise ValueError(f"no step '{name}'; there are {', '.join(STEPS)}")
    return STEPS[name](draft, value, prefix)
