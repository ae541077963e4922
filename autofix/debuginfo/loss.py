"""The loss of an iteration, without what float32 has lost of the number that Caffe prints for it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from autofix.debuginfo.rows import ITERATION, LOSS, Rows
from autofix.debuginfo.trace import FloatArray

_ROUNDING = 2.0**-24  # of a float32 result, as a share of it, at most
_PRINTED = 5e-6  # of a number with six digits, likewise
_VAGUE = 0.01  # a loss that is less exact than this share of itself or, if larger, of the first tells nothing


@np.errstate(invalid="ignore", over="ignore")
def exact_loss(printed: FloatArray, weighted: FloatArray, iterations: FloatArray) -> FloatArray:
    """Return the losses of one run: as printed, or as the net's outputs tell them where rounding has spoilt that.

    The ``loss =`` of an iteration line is a float32 running sum, even where it is a mean over one iteration:
    ``smoothed_loss_ += (loss - losses_[idx]) / average_loss`` (solver.cpp, ``UpdateSmoothedLoss``). Each step rounds,
    so that after a loss of M all that follow are printed up to about ``M / 2**24`` too high or too low, for ever. The
    ``Train net output`` lines below it are of this iteration alone, and their weighted losses add up to the same
    number if, and only if, ``average_loss`` and ``iter_size`` are 1 and all losses are outputs.

    Whether they do is seen: in all iterations of the run both must be the same but for six printed digits and for the
    rounding of the losses printed so far. Otherwise (a mean over a window or over micro-batches, a loss that is no
    output, a fork that prints another number, a spike between two displayed iterations) every loss stays as printed,
    and so does always one that is not finite. An iteration without outputs, as Caffe prints it after the last one, is
    off by as much as the one before; it has no loss, NaN, where that swallows it.

    Args:
        printed: ``[N]``, NaN where there is none.
        weighted: ``[N, losses]``, each output that is a loss, times its weight; NaN where not printed.
        iterations: ``[N]``, their numbers.
    """
    summed = weighted.sum(axis=1)
    off = printed - summed
    comparable = np.isfinite(off) & bool(weighted.shape[1])
    off = np.where(comparable, off, 0.0)
    digits = _PRINTED * (np.abs(printed) + 2 * np.abs(weighted).sum(axis=1))  # a weight has six digits, too
    is_off = comparable & (np.abs(off) > digits)
    if not is_off.any() or (np.abs(off) > digits + _rounding(printed, iterations))[comparable].any():
        return printed
    exact = np.where(is_off, summed, printed)
    before = np.maximum.accumulate(np.where(comparable, np.arange(len(printed)), -1))  # the last that is, up to each
    alone = np.flatnonzero(~comparable & np.isfinite(printed) & (before >= 0) & is_off[before])
    exact[alone] -= off[before[alone]]
    doubt = _PRINTED * (np.abs(printed[alone]) + np.abs(printed[before[alone]]))
    first = np.abs(printed[np.isfinite(printed)][0])
    exact[alone[doubt > _VAGUE * np.maximum(np.abs(exact[alone]), first)]] = np.nan
    return exact


def _rounding(printed: FloatArray, iterations: FloatArray) -> FloatArray:
    """Return by how much rounding can have changed each loss, at most, if those between two printed ones are alike.

    Each iteration rounds a difference of two losses, and a sum.
    """
    sizes = np.where(np.isfinite(printed), np.abs(printed), 0.0)
    before = np.concatenate(([0.0], sizes[:-1]))
    steps = np.maximum(np.diff(iterations, prepend=iterations[:1] - 1), 1)
    bound: FloatArray = np.cumsum(2 * _ROUNDING * steps * (sizes + before))
    return bound


def exact_losses(rows: Rows, weights: Mapping[str, float]) -> FloatArray:
    """Return ``exact_loss`` of each run in a log, ``[N]``.

    Args:
        weights: of those outputs that are losses, by name.
    """
    scalars, outputs, logged = rows.scalars.values(), rows.outputs.values(), rows.outputs.logged()
    losses: FloatArray = scalars[:, LOSS]
    if not weights.keys() <= rows.output_columns.keys():  # more outputs than are kept
        return losses
    columns = np.array([rows.output_columns[name] for name in weights], dtype=np.intp)
    factors = np.array(list(weights.values()))
    parts = list[FloatArray]()
    for run in map(slice, rows.starts, [*rows.starts[1:], len(rows)]):
        mine = logged[run][:, columns].any(axis=0)
        with np.errstate(invalid="ignore", over="ignore"):
            weighted = outputs[run][:, columns[mine]] * factors[mine]
        parts.append(exact_loss(losses[run], weighted, scalars[run, ITERATION]))
    return np.concatenate(parts) if len(parts) > 1 else parts[0]
