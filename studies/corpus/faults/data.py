"""Steps in the data set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from studies.corpus.draft import Draft
from studies.corpus.faults.step import Step
from studies.corpus.generators import Array, Arrays

SEED = 1


def raw(draft: Draft, value: str, _: str) -> Draft:
    """A blob in its own units, not standardised."""
    mean, std = draft.tables.units[value]
    return draft.spoil(f"raw={value}", draft.tables.map(value, lambda rows: (rows * std + mean).astype(np.float32)))


def times(blob: str) -> Step:
    """A blob so many times as large."""

    def step(draft: Draft, value: str, _: str) -> Draft:
        factor = np.float32(value)
        return draft.spoil(f"{blob}={value}", draft.tables.map(blob, lambda rows: rows * factor))

    return step


def broken_record(number: float) -> Step:
    """One number, in the record at one third of the training set, is not finite."""

    def broken(rows: Array) -> Array:
        rows = rows.astype(np.float32)
        rows[len(rows) // 3].flat[0] = number
        return rows

    return lambda draft, _, __: draft.spoil(f"{number}-record", draft.tables.map("data", broken, test=False))


def outlier(draft: Draft, value: str, _: str) -> Draft:
    """One record in 200 of the training set is so many times too large."""

    def change(rows: Array) -> Array:
        rows = rows.astype(np.float32)
        rows[100::200] *= np.float32(value)
        return rows

    return draft.spoil(f"outlier={value}", draft.tables.map("data", change, test=False))


def labels(draft: Draft, value: str, _: str) -> Draft:
    """Shifted labels: ``labels=1`` counts classes from 1, so that the last one is out of range."""
    return draft.spoil(f"labels={value}", draft.tables.map("label", lambda rows: rows + int(value)))


def shuffled_labels(draft: Draft, _: str, __: str) -> Draft:
    """Labels dealt out anew: there is nothing to learn but their shares (and, in time, each record by heart)."""
    rng = np.random.default_rng(SEED)
    return draft.spoil("shuffled-labels", draft.tables.map("label", rng.permutation))


def rare(draft: Draft, value: str, _: str) -> Draft:
    """Of every class but the most frequent, only one record in so many is kept."""

    def thinned(arrays: Arrays) -> Arrays:
        classes, counts = np.unique(arrays["label"], return_counts=True)
        keep = (arrays["label"] == classes[counts.argmax()]) | (np.arange(len(arrays["label"])) % int(value) == 0)
        return {name: rows[keep] for name, rows in arrays.items()}

    tables = draft.tables
    return draft.spoil(f"rare={value}", replace(tables, train=thinned(tables.train), test=thinned(tables.test)))


STEPS: Mapping[str, Step] = {
    "raw": raw,
    "data": times("data"),
    "target": times("target"),
    "nan-record": broken_record(np.nan),
    "inf-record": broken_record(np.inf),
    "outlier": outlier,
    "labels": labels,
    "shuffled-labels": shuffled_labels,
    "rare": rare,
}
