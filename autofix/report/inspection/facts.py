"""The facts of an inspection as frozen values: the fields of ``autofix inspect --json``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any

from autofix.caffe.stored import Column, DataSet, Stats, Stored, StoredSnapshot, Trouble, read_stored
from autofix.errors import InputError
from autofix.health import Finding, Severity
from autofix.health.stored import Series, Targets, judge_data, judge_series, judge_snapshot, read_targets
from autofix.health.stored.measured import Measured, measured

SCHEMA = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueFacts:
    """Values in numbers; from ``mean_abs`` on over the finite ones, and NaN where there are none."""

    count: int
    nan: int
    inf: int
    zeros: int
    mean_abs: float
    mean: float
    std: float
    minimum: float
    maximum: float


@dataclass(frozen=True, slots=True, kw_only=True)
class BlobFacts(ValueFacts):
    """One blob.

    Attributes:
        role: "data", or "diff" for gradients.
        constant: whether all values are one and the same.
    """

    index: int
    role: str
    shape: tuple[int, ...]
    dtype: str
    constant: bool


@dataclass(frozen=True, slots=True)
class LayerFacts:
    """One layer's blobs; of a solverstate, one parameter's history."""

    layer: str
    type: str
    blobs: tuple[BlobFacts, ...]


@dataclass(frozen=True, slots=True)
class LabelFacts:
    """Class labels: how many records have each, and how often neighbours differ."""

    counts: Mapping[int, int]
    changes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnFacts(ValueFacts):
    """What the records hold under one name; ``shape`` is the most frequent, ``shapes`` how many there are."""

    name: str
    shape: tuple[int, ...]
    shapes: int
    dtype: str
    bad_records: int
    labels: LabelFacts | None


@dataclass(frozen=True, slots=True)
class FileFacts:
    """One file or folder.

    Attributes:
        kind: "caffemodel", "solverstate", "mean" or "data".
        format: "protobuf", "hdf5", "lmdb", "leveldb" or "list of hdf5".
        size: bytes.
        net, iteration, learned_net: of snapshots; empty or null for others.
        layers: of snapshots.
        records, looked_at, encoded, columns, troubles: of data sets.
        notes: what was not looked at.
    """

    file: str
    kind: str
    format: str
    size: int
    net: str = ""
    iteration: int | None = None
    learned_net: str = ""
    layers: tuple[LayerFacts, ...] = ()
    records: int | None = None
    looked_at: int | None = None
    encoded: int = 0
    columns: tuple[ColumnFacts, ...] = ()
    troubles: tuple[Trouble, ...] = ()
    notes: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class UnreadableFacts:
    """A file that could not be read, and why."""

    file: str
    error: str
    hint: str


@dataclass(frozen=True, slots=True)
class Inspection:
    """What ``autofix inspect --json`` prints."""

    schema: int
    files: tuple[FileFacts, ...]
    series: Series | None
    unreadable: tuple[UnreadableFacts, ...]

    @property
    def has_error(self) -> bool:
        """Whether there is a finding of severity error."""
        return any(finding.severity is Severity.ERROR for file in self.files for finding in file.findings)


@dataclass(frozen=True, slots=True)
class Reading:
    """How far the reading of a file has come, in bytes of its values; ``more`` since the last time."""

    file: Path
    more: int
    total: int


def inspect(
    paths: Sequence[str | Path],
    net: str | Path | None = None,
    records: int | None = None,
    listen: Callable[[Reading], None] | None = None,
) -> Inspection:
    """Read snapshots and data sets, and say what is wrong with them.

    Args:
        net: a net or a solver that is to start from the snapshots, or to learn from the data.
        records: of a data set to look at, spread evenly; None for all.
        listen: is told how far it has come.

    Raises:
        InputError: ``net`` cannot be read. What is wrong with ``paths`` is part of what is returned.
    """
    targets = read_targets(Path(net)) if net is not None else None
    stored, unreadable = list[Stored](), list[UnreadableFacts]()
    for path in map(Path, paths):
        try:
            stored.append(read_stored(path, partial(_told, listen, path), records))
        except InputError as error:
            unreadable.append(UnreadableFacts(str(path), str(error), error.hint))
    return to_facts(stored, unreadable, targets)


def _told(listen: Callable[[Reading], None] | None, path: Path, more: int, total: int) -> None:
    if listen is not None:
        listen(Reading(path, more, total))


def to_facts(stored: Sequence[Stored], unreadable: Sequence[UnreadableFacts], targets: Targets | None) -> Inspection:
    """Judge what was read."""
    files = tuple(_file(each, targets) for each in stored)
    pairs = [
        (each, file.findings) for each, file in zip(stored, files, strict=True) if isinstance(each, StoredSnapshot)
    ]
    series = judge_series([each for each, _ in pairs], [findings for _, findings in pairs])
    return Inspection(SCHEMA, files, series, tuple(unreadable))


def _file(stored: Stored, targets: Targets | None) -> FileFacts:
    return _data(stored, targets) if isinstance(stored, DataSet) else _snapshot(stored, targets)


def _snapshot(stored: StoredSnapshot, targets: Targets | None) -> FileFacts:
    snapshot = stored.snapshot
    layers = groupby(measured(stored), lambda each: (each.layer, each.type))
    return FileFacts(
        file=str(snapshot.path),
        kind=snapshot.what,
        format=snapshot.form.value,
        size=stored.size,
        net=snapshot.name,
        iteration=snapshot.iteration,
        learned_net=snapshot.learned_net,
        layers=tuple(LayerFacts(name, kind, tuple(map(_blob, blobs))) for (name, kind), blobs in layers),
        findings=judge_snapshot(stored, targets.layers if targets is not None else ()),
    )


def _blob(each: Measured) -> BlobFacts:
    blob, stats = each.blob, each.stats
    return BlobFacts(
        index=blob.index,
        role=blob.role,
        shape=blob.shape,
        dtype=blob.dtype,
        constant=stats.constant,
        **_numbers(stats),
    )


def _numbers(stats: Stats) -> dict[str, Any]:
    """The fields of `ValueFacts`."""
    return {field.name: getattr(stats, field.name) for field in fields(ValueFacts)}


def _data(data: DataSet, targets: Targets | None) -> FileFacts:
    return FileFacts(
        file=str(data.path),
        kind="data",
        format=data.form.value,
        size=data.size,
        records=data.records,
        looked_at=data.looked_at,
        encoded=data.encoded,
        columns=tuple(map(_column, data.columns)),
        troubles=data.troubles,
        notes=tuple(_notes(data, targets)),
        findings=judge_data(data, targets),
    )


def _notes(data: DataSet, targets: Targets | None) -> Iterator[str]:
    if not data.decoded:
        yield "The images were not decoded: pip install 'caffe-autofix[inspect]' brings Pillow, which does that."
    if targets is not None and not targets.reads(data):
        losses = ", ".join(target.layer for target in targets.every) or "it has no loss over classes"
        yield f"{targets.path} does not name this data set; its losses were taken all the same: {losses}."


def _column(column: Column) -> ColumnFacts:
    return ColumnFacts(
        name=column.name,
        shape=next(iter(column.shapes), ()),
        shapes=len(column.shapes),
        dtype=column.dtype,
        bad_records=column.bad_records,
        labels=LabelFacts(column.labels.counts, column.labels.runs - 1) if column.labels is not None else None,
        **_numbers(column.stats),
    )
