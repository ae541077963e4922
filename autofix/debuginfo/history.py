"""The trainings in a log that holds several runs, and a crash's last block as a row."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from autofix.debuginfo.trace import Run, Trace

Rows = npt.NDArray[np.intp]


def history(trace: Trace, run: int) -> Trace:
    """Return the training that one run ends: its rows and, if it was resumed, those of the runs it went on from.

    What an earlier run computed after the snapshot from which the next one went on is not part of it.

    Args:
        run: index into ``trace.runs``.
    """
    chain = [run]
    while continues(trace, chain[0]):
        chain.insert(0, chain[0] - 1)
    parts = [_rows(trace, index) for index in chain]
    kept = [_before(trace, part, following) for part, following in pairwise(parts)] + parts[-1:]
    borders = np.cumsum([0, *map(len, kept)])
    runs = tuple(replace(trace.runs[index], row=int(row)) for index, row in zip(chain, borders[:-1], strict=True))
    return _selected(trace, np.concatenate(kept), runs, last=run == len(trace.runs) - 1)


def continues(trace: Trace, run: int) -> bool:
    """Whether a run goes on with what the run before it in the log had learned."""
    rows, before = _rows(trace, run), _rows(trace, run - 1) if run else np.array([], np.intp)
    if not len(before):
        return False
    if not len(rows):
        return trace.runs[run].resumed_from is not None
    first, last = trace.iterations[rows[0]], trace.iterations[before[-1]]
    step = max(_step(trace, rows), _step(trace, before))
    return bool(0 < first <= last + step)


def without_torn_start(trace: Trace) -> Trace:
    """Return the trace without its first row if the log begins in the middle of that row's block.

    The blobs before are missing there, so that it cannot be compared with the others. It stays if nothing behind it
    is sound.
    """
    begins_late = len(trace) > 1 and trace.logged[0].any() and not trace.logged[0, 0] and trace.logged[1, 0]
    if not begins_late or trace.bad[:2].any():
        return trace
    runs = tuple(replace(run, row=max(run.row - 1, 0)) for run in trace.runs)
    return _selected(trace, np.arange(1, len(trace)), runs, last=True)


def with_orphan(trace: Trace) -> Trace:
    """Return the trace with the block that no ``Iteration`` line followed as its last row, without a loss."""
    if trace.partial is None:
        return trace
    orphan = trace.partial
    nothing, no = np.full(1, np.nan), np.zeros(1, bool)
    return replace(
        trace,
        iterations=np.append(trace.iterations, orphan.iteration),
        ordinals=np.append(trace.ordinals, trace.ordinals[-1:] + 1 if len(trace) else 0),
        loss=np.append(trace.loss, nothing),
        loss_logged=np.append(trace.loss_logged, no),
        lr=np.append(trace.lr, nothing),
        lr_logged=np.append(trace.lr_logged, no),
        norms=np.vstack([trace.norms, orphan.norms]),
        clip_scale=np.append(trace.clip_scale, nothing),
        outputs={name: np.append(values, nothing) for name, values in trace.outputs.items()},
        values=np.vstack([trace.values, orphan.values]),
        logged=np.vstack([trace.logged, orphan.logged]),
        partial=None,
    )


def _rows(trace: Trace, run: int) -> Rows:
    """The rows of one run."""
    ends = [*(each.row for each in trace.runs[1:]), len(trace)]
    return np.arange(trace.runs[run].row, ends[run])


def _step(trace: Trace, rows: Rows) -> int:
    """Iterations from one row to the next, at the end of ``rows``; 1 where there is only one."""
    return int(trace.iterations[rows[-1]] - trace.iterations[rows[-2]]) if len(rows) > 1 else 1


def _before(trace: Trace, rows: Rows, following: Rows) -> Rows:
    """The rows whose iterations were not run again."""
    if not len(following):
        return rows
    kept: Rows = rows[trace.iterations[rows] < trace.iterations[following[0]]]
    return kept


def _selected(trace: Trace, rows: Rows, runs: tuple[Run, ...], last: bool) -> Trace:
    """The trace of some rows, with the columns that they fill."""
    if len(rows) == len(trace) and last:
        return replace(trace, runs=runs)
    partial = trace.partial if last else None
    logged = trace.logged[rows].any(axis=0)
    if partial is not None:
        logged |= partial.logged
    columns, run = np.flatnonzero(logged), runs[-1]
    if partial is not None:
        partial = replace(partial, values=partial.values[columns], logged=partial.logged[columns])
    same_net = run.net_text == trace.net_text
    return replace(
        trace.at(rows, columns),
        partial=partial,
        shapes=trace.shapes if same_net else {},
        bottoms=trace.bottoms if same_net else {},
        sharing=trace.sharing if same_net else (),
        solver_text=run.solver_text,
        net_text=run.net_text,
        tests=trace.tests if last else {},  # a later run's may have taken the place of its own
        finetuned_from=runs[0].finetuned_from,
        fatal=run.fatal,
        finished=run.finished,
        stopped_early=run.stopped_early,
        runs=runs,
    )
