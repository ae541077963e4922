"""From files to facts: what is stored is read, judged, and told in numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any

from autofix.caffe.stored import Column, DataSet, Stats, Stored, StoredSnapshot, read_stored
from autofix.errors import InputError
from autofix.health.stored import Targets, judge_data, judge_series, judge_snapshot, read_targets
from autofix.health.stored.measured import Measured, measured
from autofix.report.inspection.facts import (
    SCHEMA,
    BlobFacts,
    ColumnFacts,
    FileFacts,
    Inspection,
    LabelFacts,
    LayerFacts,
    UnreadableFacts,
    ValueFacts,
)


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
