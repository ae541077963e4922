"""A candidate becomes edits, everywhere it must."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from autofix.model.candidate import Candidate
from autofix.model.change import Change, written
from autofix.model.refilling import refill
from autofix.model.scaling import scale_inputs
from autofix.model.training import Training
from autofix.prototxt import Document, Edit, apply


@dataclass(frozen=True, eq=False)
class Patch:
    """What a candidate changes in a training.

    Attributes:
        originals: the training's files, by path.
        changes: in the order base_lr, input scale, fillers.
    """

    candidate: Candidate
    originals: Mapping[Path, Document]
    changes: tuple[Change, ...]

    @cached_property
    def edits(self) -> Mapping[Path, tuple[Edit, ...]]:
        """The edits of every file that changes."""
        found: dict[Path, list[Edit]] = defaultdict(list)
        for change in self.changes:
            found[change.file].append(change.edit)
        return {file: tuple(edits) for file, edits in found.items()}

    @cached_property
    def documents(self) -> Mapping[Path, Document]:
        """The patched documents, of changed files only."""
        return {file: apply(self.originals[file], edits) for file, edits in self.edits.items()}

    def document(self, file: Path) -> Document:
        """A file as the patch leaves it."""
        return self.documents.get(file, self.originals[file])


def patch(training: Training, candidate: Candidate, reasons: Mapping[str, str] | None = None) -> Patch:
    """Turn ``candidate`` into edits of the training's files.

    Args:
        reasons: why, for the report, by knob: "base_lr", "input_scale", "filler_std:<layer>".

    Raises:
        KeyError: the candidate names a layer that the net lacks.
        ValueError: it gives a std to a layer whose weights are not drawn with one.
    """
    reasons = reasons or {}
    changes = (
        *_base_lr(training, candidate.base_lr, reasons.get("base_lr", "another base_lr")),
        *_input_scale(training, candidate.input_scale, reasons.get("input_scale", "another input scale")),
        *_fillers(training, candidate.filler_stds, reasons),
    )
    return Patch(candidate, training.documents, changes)


def _base_lr(training: Training, base_lr: float | None, why: str) -> Iterator[Change]:
    if base_lr is not None:
        solver = training.solver
        yield from _some(written(solver.path, "base_lr", solver.root, "base_lr", float(base_lr), why))


def _input_scale(training: Training, factor: float | None, why: str) -> Iterator[Change]:
    if factor is None or factor == 1:
        return
    by_place = {
        (net.path, net.root.start): net for net in training.nets
    }  # train_net and test_net may be one file
    for net in by_place.values():
        yield from scale_inputs(net, float(factor), why)


def _fillers(training: Training, stds: Mapping[str, float], reasons: Mapping[str, str]) -> Iterator[Change]:
    for name, std in stds.items():
        layer = training.train.layer(name)
        yield from refill(layer, std, reasons.get(f"filler_std:{name}", "another std of the weights"))


def _some(*changes: Change | None) -> Iterable[Change]:
    return (change for change in changes if change is not None)
