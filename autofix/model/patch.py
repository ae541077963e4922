"""A candidate becomes edits, everywhere it must."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from autofix.model.candidate import Candidate
from autofix.model.change import Change, written
from autofix.model.net import Net
from autofix.model.refilling import refill, start_biases
from autofix.model.scaling import scale_blob, scale_inputs
from autofix.model.training import Training
from autofix.model.weighing import weigh
from autofix.prototxt import Document, Edit, apply


@dataclass(frozen=True, eq=False)
class Patch:
    """What a candidate changes in a training.

    Attributes:
        originals: the training's files, by path.
        changes: those of the solver first, then scales, fillers, biases and loss weights.
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
        reasons: why, for the report, by knob (see Candidate).

    Raises:
        KeyError: the candidate names a layer that the net lacks.
        ValueError: it gives a std to a layer whose weights are not drawn with one, or a bias to one without a constant.
        InputError: the net's format cannot hold the change.
    """
    reasons = reasons or {}
    changes = (
        *_solver(training, candidate, reasons),
        *_scales(training, candidate, reasons),
        *_fillers(training, candidate.filler_stds, reasons),
        *_biases(training, candidate.biases, reasons),
        *_loss_weights(training, candidate.loss_weights, reasons),
    )
    return Patch(candidate, training.documents, changes)


def _solver(training: Training, candidate: Candidate, reasons: Mapping[str, str]) -> Iterator[Change]:
    solver = training.solver
    for name in ("base_lr", "momentum", "weight_decay", "clip_gradients"):
        value: float | None = getattr(candidate, name)
        if value is not None:
            why = reasons.get(name, f"another {name}")
            yield from written(solver.path, name, solver.root, name, float(value), why)


def _scales(training: Training, candidate: Candidate, reasons: Mapping[str, str]) -> Iterator[Change]:
    for net in _files(*training.nets, *filter(None, [training.deploy])):
        if candidate.input_scale not in (None, 1):
            why = reasons.get("input_scale", "another input scale")
            yield from scale_inputs(net, float(candidate.input_scale), why)
        if candidate.target_scale not in (None, 1) and net is not training.deploy:
            why = reasons.get("target_scale", "another scale of the targets")
            for blob in net.regression_targets:
                yield from scale_blob(net, blob, float(candidate.target_scale), why)


def _fillers(training: Training, stds: Mapping[str, float], reasons: Mapping[str, str]) -> Iterator[Change]:
    for name, std in stds.items():
        why = reasons.get(f"filler_std:{name}", "another std of the weights")
        yield from refill(training.train.layer(name), float(std), why)


def _biases(training: Training, values: Mapping[str, float], reasons: Mapping[str, str]) -> Iterator[Change]:
    for name, value in values.items():
        why = reasons.get(f"bias:{name}", "another start of the biases")
        yield from start_biases(training.train.layer(name), float(value), why)


def _loss_weights(training: Training, weights: Mapping[str, float], reasons: Mapping[str, str]) -> Iterator[Change]:
    for name, weight in weights.items():
        kind = training.train.layer(name).type
        why = reasons.get(f"loss_weight:{name}", "another weight of the loss")
        for net in _files(*training.nets):
            for layer in net.layers:
                if (layer.name, layer.type) == (name, kind):
                    yield from weigh(layer, float(weight), why)


def _files(*nets: Net) -> Iterable[Net]:
    """Each net once, though two fields may name one file."""
    found: dict[tuple[Path, int], Net] = {}
    for net in nets:
        found.setdefault((net.path, net.root.start), net)
    return found.values()
