"""A look at the training's data before Caffe starts: is it there, is it finite, do labels fit, what does it cost to
ignore it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from autofix.caffe.datasets import DataAudit, DataError, audit
from autofix.caffe.tops import TopAudit
from autofix.errors import CaffeError
from autofix.health import Facts
from autofix.health.constant import constant_answer
from autofix.model import DataInput, Net, Patch, Training

PIXEL = 255.0  # the largest 8-bit number
READABLE = ("HDF5Data", "ImageData")  # kinds of data layers that can be looked into, besides Data


@dataclass(frozen=True)
class Audit:
    """What the data of the TRAIN net is like.

    Args:
        training: the training as written.
        tops: by blob; blobs whose data could not be read are missing.
        problems: what makes searching useless, in plain words.
        notes: what could not be looked at.
    """

    training: Training
    tops: dict[str, TopAudit]
    facts: Facts
    problems: tuple[str, ...]
    notes: tuple[str, ...]

    def facts_of(self, changed: Patch) -> Facts:
        """The facts of a patched training: scaled targets or losses have another constant answer."""
        candidate = changed.candidate
        if not (candidate.loss_weights or candidate.target_scale or candidate.input_scale):
            return self.facts
        root = changed.document(self.training.net.path).root
        blocks = (*root.messages("train_net_param"), *root.messages("net_param"), root)
        state = self.training.solver.root.message("train_state")
        return constant_answer(Net.read(blocks[0]).for_phase("TRAIN", state), self.tops)

    @property
    def holds_pixels(self) -> bool:
        """Whether the input, where it could be read, is numbers from 0 to 255 as pictures have them."""
        features = {blob for data in self.training.train.inputs for blob in data.features}
        known = [top for name, top in self.tops.items() if name in features]
        return all(top.minimum >= 0 and top.maximum <= PIXEL for top in known)


def audit_data(training: Training) -> Audit:
    """Look at the data sets of the TRAIN net.

    Raises:
        CaffeError: a data set is missing or cannot be read, so that Caffe cannot train on it.
    """
    tops: dict[str, TopAudit] = {}
    notes: list[str] = []
    for data in training.train.inputs:
        found = _audit(training, data)
        if found is not None:
            tops |= {top.name: top for top in found.tops}
            notes += found.notes
    problems = (*_not_finite(tops), *_labels_out_of_range(training.train, tops))
    return Audit(training, tops, constant_answer(training.train, tops), problems, tuple(notes))


def _audit(training: Training, data: DataInput) -> DataAudit | None:
    kind = data.backend or data.kind
    if not data.source or (not data.backend and kind not in READABLE):
        return None
    try:
        return audit(data.source, kind, tops=data.tops, cwd=training.folder)
    except DataError as error:
        line = data.layer.line if data.layer is not None else 0
        where = f"{_short(training.net.path or training.solver.path)}:{line}: layer {data.name}"
        raise CaffeError(f"{where}: {error}", error.hint) from error


def _not_finite(tops: dict[str, TopAudit]) -> Iterator[str]:
    for top in tops.values():
        if top.nonfinite:
            yield (
                f"blob {top.name}: {top.nonfinite} of the {top.looked_at} records looked at hold NaN or infinity; "
                "mend the data set, no setting can help"
            )


def _labels_out_of_range(net: Net, tops: dict[str, TopAudit]) -> Iterator[str]:
    for loss in net.losses:
        target = tops.get(loss.label)
        if loss.layer.type != "SoftmaxWithLoss" or target is None or target.labels is None or not loss.classes:
            continue
        if target.labels.maximum >= loss.classes or target.labels.minimum < 0:
            yield (
                f"layer {loss.layer.name}: labels run from {target.labels.minimum} to {target.labels.maximum}, but the "
                f"net has {loss.classes} outputs; mend the labels or num_output, no other setting can help"
            )


def _short(path: Path) -> str:
    return path.name
