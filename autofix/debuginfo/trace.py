"""What a training's log says, as arrays: iteration x (layer, blob, data or diff), loss, lr and norms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from autofix.debuginfo.events import Fatal, Sharing
from autofix.debuginfo.finite import are_bad

FloatArray: TypeAlias = npt.NDArray[np.float64]
BoolArray: TypeAlias = npt.NDArray[np.bool_]

Role: TypeAlias = Literal["top", "param", "bottom", "update"]
Kind: TypeAlias = Literal["data", "diff"]

NORM_NAMES = ("l1_data", "l1_diff", "l2_data", "l2_diff")  # the columns of ``Trace.norms``


class BlobKey(NamedTuple):
    """What one column of ``Trace.values`` measures.

    ``top`` and ``param`` data come from the forward pass, ``bottom`` and ``param`` diffs from
    the backward pass, ``update`` (data and diff) from logs older than August 2015. In-place layers print one
    blob name several times: layer and blob together tell them apart. ``blob`` is as printed; see
    ``Trace.param_data``.
    """

    layer: str
    blob: str
    role: Role
    kind: Kind


FULL, LARGEST = 950.0, 1001.0  # a count of BatchNorm that is full, with Caffe's moving_average_fraction of 0.999
MOST_PASSES = 16  # forward passes of an iteration: iter_size is seldom more


@dataclass(frozen=True, slots=True)
class Run:
    """One run of Caffe in the log.

    Args:
        row: its first row in the trace's arrays (equal to their length while it has none).
        resumed_from: the snapshot it went on from, or None.
        finished, stopped_early, fatal, solver_text, net_text, finetuned_from: as in ``Trace``, which has those of
            the last run.
    """

    row: int
    resumed_from: str | None = None
    finished: bool = False
    stopped_early: bool = False
    fatal: Fatal | None = None
    solver_text: str = ""
    net_text: str = ""
    finetuned_from: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Partial:
    """The debug block at the end of the log whose ``Iteration`` line has not come (yet): a crash leaves one.

    Args:
        iteration: the number it will probably have.
        values: ``[K]``, as a row of ``Trace.values``.
        logged: ``[K]``.
        norms: ``[4]``.
    """

    iteration: int
    values: FloatArray
    logged: BoolArray
    norms: FloatArray


@dataclass(frozen=True, eq=False)
class Trace:
    """A snapshot of what a log has told so far; the arrays are read-only views.

    A row is one displayed iteration, in the order of the log: with several runs in one file, the numbers go
    back at each of ``restarts``. Where nothing was logged, an array holds NaN; as NaN is also a value,
    ``logged``, ``loss_logged`` and ``lr_logged`` tell which it is. With ``iter_size`` the values are those of
    the last micro-batch (so parameter diffs are the sum), but the first value that is not finite is kept.

    Args:
        iterations: ``[N]``.
        ordinals: ``[N]``, how many iterations were displayed before; see ``stride``.
        loss: ``[N]``, the ``loss =`` of the iteration line, but for what float32 has lost of it; see ``exact_loss``.
        loss_logged: ``[N]``, False for a block that a crash cut off before its iteration line.
        lr: ``[N]``.
        lr_logged: ``[N]``.
        norms: ``[N, 4]``, columns ``NORM_NAMES``.
        clip_scale: ``[N]``, the factor gradients were scaled by; NaN where they were not clipped.
        outputs: name to ``[N]``: the train net's outputs; further values of a blob are ``name[1]`` and so on.
        loss_weights: name to weight, for those ``outputs`` that are losses.
        keys: ``K`` columns in log order.
        values: ``[N, K]``, mean absolute values.
        logged: ``[N, K]``.
        stride: 1, or in a log with very many iterations the power of two of which only every such row was kept,
            except at the beginning and the end, at the start of a run and around the first bad value.
        partial: see ``Partial``; None where the log ends between two blocks.
        shapes: (layer, top blob) to shape, of the train net, from the lines at setup.
        bottoms: layer to its input blobs, of the train net.
        sharing: shared parameters, from the lines at setup.
        solver_text: the solver's prototxt as Caffe printed it; "" if it was not.
        net_text: the train net's prototxt as Caffe printed it.
        tests: (iteration, test net) to test outputs (name to value), each the mean over a test pass.
        finetuned_from: weight files that were loaded.
        fatal: what killed the last run.
        complaints: error lines that did not end the run.
        finished: the last run came to its end.
        stopped_early: it was stopped by a signal.
        runs: the runs of Caffe in this log, at least one.
    """

    iterations: npt.NDArray[np.int64]
    ordinals: npt.NDArray[np.int64]
    loss: FloatArray
    loss_logged: BoolArray
    lr: FloatArray
    lr_logged: BoolArray
    norms: FloatArray
    clip_scale: FloatArray
    outputs: Mapping[str, FloatArray]
    loss_weights: Mapping[str, float]
    keys: tuple[BlobKey, ...]
    values: FloatArray
    logged: BoolArray
    stride: int = 1
    partial: Partial | None = None
    shapes: Mapping[tuple[str, str], tuple[int, ...]] = field(default_factory=dict)
    bottoms: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    sharing: tuple[Sharing, ...] = ()
    solver_text: str = ""
    net_text: str = ""
    tests: Mapping[tuple[int, int], Mapping[str, float]] = field(default_factory=dict)
    finetuned_from: tuple[str, ...] = ()
    fatal: Fatal | None = None
    complaints: tuple[str, ...] = ()
    finished: bool = False
    stopped_early: bool = False
    runs: tuple[Run, ...] = (Run(0),)

    def __len__(self) -> int:
        """Return the number of rows, ``N``."""
        return len(self.iterations)

    @property
    def has_debug_info(self) -> bool:
        """Whether any blob was logged."""
        return bool(self.keys)

    @property
    def restarts(self) -> tuple[Run, ...]:
        """The runs after the first."""
        return self.runs[1:]

    @cached_property
    def layers(self) -> tuple[str, ...]:
        """The layers in net order (as told by the forward pass, else by the backward pass from its end)."""
        forward = [key.layer for key in self.keys if key.role in ("top", "param") and key.kind == "data"]
        backward = [key.layer for key in reversed(self.keys) if key.kind == "diff"]
        return tuple(dict.fromkeys(forward or backward))

    @cached_property
    def bad(self) -> BoolArray:
        """Which of the blobs' values are NaN, infinite or the largest float: ``[N, K]``."""
        return are_bad(self.values) & self.logged

    @cached_property
    def bad_rows(self) -> BoolArray:
        """Which rows have such a value, be it a blob's, a loss, a rate or a norm: ``[N]``."""
        rows: BoolArray = np.any(self.bad, axis=1)
        rows |= (are_bad(self.loss) & self.loss_logged) | (are_bad(self.lr) & self.lr_logged)
        rows |= np.isinf(self.norms).any(axis=1)
        for name in self.loss_weights:
            rows |= np.isinf(self.outputs[name])
        return rows

    def at(self, rows: slice | npt.NDArray[np.intp], columns: npt.NDArray[np.intp] | None = None) -> Trace:
        """Return the trace of some rows and, where ``columns`` is given, of some keys; else untouched."""
        cells = rows if columns is None else np.ix_(np.arange(len(self))[rows], columns)
        return replace(
            self,
            iterations=self.iterations[rows],
            ordinals=self.ordinals[rows],
            loss=self.loss[rows],
            loss_logged=self.loss_logged[rows],
            lr=self.lr[rows],
            lr_logged=self.lr_logged[rows],
            norms=self.norms[rows],
            clip_scale=self.clip_scale[rows],
            outputs={name: values[rows] for name, values in self.outputs.items()},
            keys=self.keys if columns is None else tuple(self.keys[column] for column in columns),
            values=self.values[cells],
            logged=self.logged[cells],
        )

    def column(self, key: BlobKey) -> int:
        """Return the column of ``key``; KeyError if it was never logged."""
        return self._columns[key]

    def series(self, key: BlobKey) -> FloatArray:
        """Return ``key``'s values ``[N]``, NaN where not logged; KeyError if it never was."""
        column: FloatArray = self.values[:, self.column(key)]
        return column

    def tops(self, layer: str) -> tuple[BlobKey, ...]:
        """Return the outputs of ``layer``, in order."""
        return self._of(layer, "top", "data")

    def bottom_diffs(self, layer: str) -> tuple[BlobKey, ...]:
        """Return the gradients that ``layer`` hands back to its inputs, in order."""
        return self._of(layer, "bottom", "diff")

    def params(self, layer: str) -> tuple[BlobKey, ...]:
        """Return the parameters (data) of ``layer``; the position is the parameter's index."""
        return self._of(layer, "param", "data")

    def param_data(self, layer: str, index: int) -> BlobKey | None:
        """Return the key of ``layer``'s ``index``-th parameter, which the log names if its ParamSpec does."""
        unnamed = BlobKey(layer, str(index), "param", "data")
        params = self.params(layer)
        if unnamed in params:
            return unnamed
        return params[index] if index < len(params) else None

    def param_diff(self, layer: str, index: int) -> BlobKey | None:
        """Return the key of the gradient of ``layer``'s ``index``-th parameter; None if it gets none."""
        key = BlobKey(layer, str(index), "param", "diff")
        return key if key in self._columns else None

    def keeps_statistics(self, layer: str) -> bool:
        """Return whether the parameters of ``layer`` look like BatchNorm's: mean, variance and count.

        Caffe logs them with a gradient of 0. It is the forward pass that changes them, and their lines show it: other
        parameters are printed as they were before this iteration's update. So is a dead LSTM logged, which has three
        parameters, too: see `_counts`.
        """
        diffs = [key for index in range(4) if (key := self.param_diff(layer, index)) is not None]
        silent = len(diffs) == 3 and not any(np.nan_to_num(self.series(key)).any() for key in diffs)
        return silent and self._counts(layer)

    def _counts(self, layer: str) -> bool:
        """Whether the third parameter may be BatchNorm's count.

        In each forward pass it becomes one more than ``moving_average_fraction`` of what it was (batch_norm_layer.cpp),
        and so rises from 1 towards 1,000, or less with another fraction than 0.999. It stands still where it is full,
        or where the stored statistics are taken: at 0, if there are none, and then the layer puts something out all
        the same, as one whose weights are 0 does not. `python -m studies.norms` counts how often that is right.
        """
        mean, key = self.param_data(layer, 0), self.param_data(layer, 2)
        if key is None or mean is None:
            return True
        known = np.isfinite(self.series(key))
        count, when = self.series(key)[known], self.iterations[known]
        if len(count) and not count.any():
            return any(np.nan_to_num(self.series(top)).any() for top in self.tops(layer))
        rises = np.diff(count)
        stands = len(count) > 1 and not rises.any() and count[0] < FULL
        if stands and not np.nan_to_num(np.diff(self.series(mean))).any():
            return False
        lawful = (rises >= 0) & (rises <= MOST_PASSES * np.diff(when))
        return bool(np.all((count >= 1) & (count <= LARGEST)) and np.all(lawful | (count[1:] >= FULL)))

    def _of(self, layer: str, role: Role, kind: Kind) -> tuple[BlobKey, ...]:
        return self._groups.get((layer, role, kind), ())

    @cached_property
    def _columns(self) -> dict[BlobKey, int]:
        return {key: column for column, key in enumerate(self.keys)}

    @cached_property
    def _groups(self) -> dict[tuple[str, Role, Kind], tuple[BlobKey, ...]]:
        groups: dict[tuple[str, Role, Kind], tuple[BlobKey, ...]] = {}
        for key in self.keys:
            group = (key.layer, key.role, key.kind)
            groups[group] = (*groups.get(group, ()), key)
        return groups
