"""H302: gradients that burst."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from autofix.debuginfo import NORM_NAMES
from autofix.health.check import Check
from autofix.health.finding import Evidence, Finding, Remedy, Severity
from autofix.health.learning import Floats
from autofix.health.view import View

DIFF = NORM_NAMES.index("l2_diff")


class Bursts(Check):
    """Now and then the gradient is many times its usual size, and one step undoes many.

    Sick: at least ``twice`` gradients, after the first ``start``, have an L2 norm of more than ``burst`` times the
    median, of all and of those around them, and the solver does not clip.
    Well: the norm varies within a small factor, or fades as the net learns; or clip_gradients holds it.
    """

    code = "H302"
    title = "bursts of gradient"
    severity = Severity.WARNING
    burst: float = 20.0  # times the median norm; set, as the others, on the half of studies/ for that
    twice: int = 2  # such gradients: a single one may be an odd batch's
    start: int = 10  # iterations in which a large gradient is no wonder
    near: int = 10  # iterations before and behind that are around a gradient
    room: float = 2.0  # times the median, to clip at

    def examine(self, view: View) -> Iterator[Finding]:
        """Yield the largest gradient."""
        solver, norms = view.solver, view.trace.norms[:, DIFF]
        later = norms[self.start :]
        known = later[np.isfinite(later) & (later > 0)]
        if len(known) < 2 * self.start or (solver is not None and solver.clip_gradients > 0):
            return
        usual = float(np.median(known))
        rows = self.start + np.flatnonzero(np.isfinite(later) & (later > self.burst * usual))
        rows = rows[norms[rows] > self.burst * self._around(norms, rows)]
        if len(rows) < self.twice:
            return
        worst = int(rows[np.argmax(norms[rows])])
        limit = float(f"{self.room * usual:.1g}")
        yield self.finding(
            f"{len(rows)} gradients are more than {self.burst:g} times as large as usual; that of iteration "
            f"{view.trace.iterations[worst]} has a norm of {norms[worst]:.3g}, the median is {usual:.3g}.",
            iteration=int(view.trace.iterations[rows[0]]),
            evidence=(Evidence("L2 norm", float(norms[worst])), Evidence("median", usual)),
            remedy=Remedy(
                f"set clip_gradients: {limit:g}, which is {self.room:g} times the usual norm of {usual:.3g}",
                clip_gradients=limit,
            ),
        )

    def _around(self, norms: Floats, rows: npt.NDArray[np.intp]) -> Floats:
        """The median norm around each of some rows."""
        places = np.clip(rows[:, None] + np.arange(-self.near, self.near + 1), 0, len(norms) - 1)
        return np.asarray(np.median(np.nan_to_num(norms[places]), axis=1))
