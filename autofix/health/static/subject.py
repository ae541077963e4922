"""What static rules look at: a training, and the data it reads as far as that can be told without Caffe."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

from autofix.caffe.datasets import DataAudit, DataError, audit
from autofix.caffe.tops import TopAudit
from autofix.model import DataInput, Layer, Net, Solver, Training
from autofix.model.kinds import CHANNEL_KEEPING
from autofix.prototxt import Message, Node

_READABLE = ("LMDB", "LEVELDB", "HDF5Data", "ImageData")


@dataclass(frozen=True, eq=False)
class Subject:
    """A training and its data.

    Args:
        audits: of the data inputs that could be looked into.
        unreadable: why others could not, where the source is missing or broken.
        given_weights: whether the user gives weights to start from, beside what the solver names.
        tests: whether the data of the TEST nets is looked into, too; else it is only known whether it is there.
    """

    training: Training
    audits: Mapping[DataInput, DataAudit]
    unreadable: Mapping[DataInput, DataError]
    given_weights: bool = False
    tests: bool = True

    @property
    def solver(self) -> Solver:
        """The solver."""
        return self.training.solver

    @property
    def train(self) -> Net:
        """The net as Caffe trains it."""
        return self.training.train

    @cached_property
    def nets(self) -> tuple[Net, ...]:
        """The nets that Caffe builds: the one that is trained, then those that are tested."""
        return (self.training.train, *self.training.tests)

    @cached_property
    def layers(self) -> tuple[Layer, ...]:
        """Every layer of every net file, whether a phase takes it or not."""
        return tuple(layer for net in self.training.nets for layer in net.layers)

    @cached_property
    def inputs(self) -> tuple[tuple[Net, DataInput], ...]:
        """Every data input of the nets that Caffe builds."""
        return tuple((net, data) for net in self.nets for data in net.inputs)

    @cached_property
    def channels(self) -> Mapping[str, tuple[int, bool]]:
        """Of the TRAIN net by blob, its channels and whether each has but one value, as far as files tell."""
        known: dict[str, tuple[int, bool]] = {}
        for net, _, top in self.tops():
            if top.shape and net is self.train:
                known[top.name] = (top.shape[0], len(top.shape) == 1)
        for layer in self.train.layers:
            into = known.get(layer.bottoms[0]) if layer.bottoms else None
            if layer.num_output is not None:
                known.update(dict.fromkeys(layer.tops, (layer.num_output, _flattens(layer))))
            elif into is not None and layer.type in CHANNEL_KEEPING:
                known.update(dict.fromkeys(layer.tops, into))
        return known

    @property
    def pretrained(self) -> bool:
        """Whether there are weights to start from."""
        return self.given_weights or "weights" in self.solver.root

    def field(self, *names: str) -> Node:
        """The first of these fields of the solver that is written, else the solver itself."""
        root = self.solver.root
        return next((field for name in names if (field := root.get(name)) is not None), root)

    def top(self, data: DataInput, blob: str) -> TopAudit | None:
        """What the data of a blob is like, before any transformation; None if that is not known."""
        found = self.audits.get(data)
        return found.top(blob) if found is not None else None

    def tops(self) -> Iterator[tuple[Net, DataInput, TopAudit]]:
        """Every blob of data that could be looked into."""
        for net, data in self.inputs:
            found = self.audits.get(data)
            for top in found.tops if found is not None else ():
                yield net, data, top


def _flattens(layer: Layer) -> bool:
    """Whether the layer puts out a row of values for each example."""
    settings = layer.settings("inner_product_param") if layer.type == "InnerProduct" else None
    return settings is not None and settings.integer("axis", 1) == 1


def look(training: Training, tests: bool = True, given_weights: bool = False) -> Subject:
    """Gather what rules look at; the data sets are opened for reading only.

    Args:
        tests: look into the data of the TEST nets, too, not only whether it is there.
        given_weights: the user gives weights to start from, beside what the solver names.
    """
    return _look(training, tests, given_weights, {})


def look_again(subject: Subject, training: Training) -> Subject:
    """What rules look at in a training with slightly other texts; data that was looked into is not read again."""
    known: dict[_Place, DataAudit | DataError] = {_place(data): found for data, found in subject.audits.items()}
    known |= {_place(data): error for data, error in subject.unreadable.items()}
    return _look(training, subject.tests, subject.given_weights, known)


_Place: TypeAlias = tuple[str, str, tuple[str, ...], str]


def _place(data: DataInput) -> _Place:
    return data.source, _kind(data), data.tops, _root_folder(data)


def _look(
    training: Training, tests: bool, given_weights: bool, known: Mapping[_Place, DataAudit | DataError]
) -> Subject:
    audits: dict[DataInput, DataAudit] = {}
    unreadable: dict[DataInput, DataError] = {}
    for net in (training.train, *training.tests):
        look_at = _audit if tests or net is training.train else _missing
        for data in net.inputs:
            found = known.get(_place(data)) or look_at(training, data)
            if isinstance(found, DataError):
                unreadable[data] = found
            elif found is not None:
                audits[data] = found
    return Subject(training, audits, unreadable, given_weights, tests)


def _audit(training: Training, data: DataInput) -> DataAudit | DataError | None:
    if data.source and _kind(data) in _READABLE:
        folder, home = training.folder, _root_folder(data)
        try:
            return audit(data.source, _kind(data), tops=data.tops, cwd=folder, root_folder=home)
        except DataError as error:
            return error
    return _missing(training, data)


def _missing(training: Training, data: DataInput) -> DataError | None:
    if not data.source or training.resolve(data.source).exists():
        return None
    return DataError(f"{data.source}: no such source (looked in {training.folder})")


def _kind(data: DataInput) -> str:
    return data.backend if data.kind == "Data" else data.kind  # a fork's layers keep other records in their LMDBs


def _root_folder(data: DataInput) -> str:
    settings: Message | None = data.layer.settings("image_data_param") if data.layer is not None else None
    return settings.text("root_folder") if settings is not None else ""
