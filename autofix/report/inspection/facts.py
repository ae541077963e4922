"""The facts of an inspection as frozen values: the fields of ``autofix inspect --json``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from autofix.caffe.stored import Trouble
from autofix.health import Finding, Severity
from autofix.health.stored import Series

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
