"""S411: records sorted by their label."""

from __future__ import annotations

from collections.abc import Iterator

from autofix.caffe.datasets import Labels
from autofix.health.finding import Evidence, Finding, Severity
from autofix.health.static.graph import origin
from autofix.health.static.rule import Rule, place
from autofix.health.static.subject import Subject
from autofix.model import DataInput


class SortedLabels(Rule):
    """The training data is sorted by label and is not shuffled.

    Sick: the labels change ``rare`` times as seldom as in random order, and the layer does not shuffle: a batch
    holds one class, which the net learns to answer always.
    Well: ``convert_imageset -shuffle``; ``shuffle: true`` in an ImageData or HDF5Data layer.
    """

    code = "S411"
    title = "sorted by label"
    severity = Severity.WARNING
    rare: float = 0.1  # of the changes in random order
    fewest: int = 50  # records

    def examine(self, subject: Subject) -> Iterator[Finding]:
        """Yield each such layer of TRAIN."""
        origins = [origin(subject.train, loss.label) for loss in subject.train.losses]
        for found in filter(None, origins):
            data, top = found.data, subject.top(found.data, found.blob)
            labels = top.labels if top is not None else None
            if data.layer is None or top is None or labels is None or _shuffled(data):
                continue
            expected = _changes(labels)
            if top.looked_at < self.fewest or labels.classes < 2 or labels.runs - 1 > self.rare * expected:
                continue
            what = f"{data.source} is sorted: its labels change {labels.runs - 1} times in {top.looked_at} records."
            way = (
                "write it anew in random order (convert_imageset -shuffle)" if data.backend else "write  shuffle: true"
            )
            values = Evidence("changes", labels.runs - 1), Evidence("in random order", expected)
            yield self.finding(place(data.layer, "source"), what, way, layer=data.layer, blob=top.name, evidence=values)


def _changes(labels: Labels) -> float:
    """How often two neighbours differ in random order: n times the chance that two records do."""
    total = sum(labels.counts.values())
    return total - sum(count * count for count in labels.counts.values()) / total


def _shuffled(data: DataInput) -> bool:
    name = {"ImageData": "image_data_param", "HDF5Data": "hdf5_data_param"}.get(data.kind, "-")
    settings = data.layer.settings(name) if data.layer is not None else None
    return settings is not None and settings.boolean("shuffle", False)
