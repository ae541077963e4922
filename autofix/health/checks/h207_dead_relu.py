"""H207: a ReLU that passes nothing on."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from autofix.debuginfo import quoted
from autofix.health.check import Check
from autofix.health.finding import Evidence, Finding, Remedy
from autofix.health.rates import slowed
from autofix.health.view import View


class DeadReLU(Check):
    """A whole layer of ReLUs puts out zero, so nothing before it learns.

    Sick: the mean |x| of a ReLU layer's output has been exactly zero for the last ``rows`` iterations, and its input
    has not: every unit is switched off for every record.
    Well: some units answer to some records.
    """

    code = "H207"
    title = "dead ReLU"
    rows: int = 5  # iterations, as in check H201

    def examine(self, view: View) -> Iterator[Finding]:
        """Yield the first such layer in the net."""
        relus = [layer.name for layer in view.net.layers if layer.type == "ReLU"] if view.net is not None else []
        for name in relus:
            for key in view.trace.tops(name):
                output = view.trace.series(key)
                if len(output) < self.rows or np.any(output[-self.rows :] != 0):
                    continue
                alive = np.flatnonzero(output != 0)
                row = int(alive[-1]) + 1 if len(alive) else 0
                yield self.finding(
                    f"Layer {quoted(name)} puts out nothing but zeros from iteration {view.trace.iterations[row]} on: "
                    "all its units are switched off, and no gradient gets past it.",
                    layer=name,
                    blob=key.blob,
                    iteration=int(view.trace.iterations[row]),
                    evidence=(Evidence("mean |x|", 0.0), Evidence("iterations like that", len(output) - row)),
                    remedy=self._remedy(view, died=row > 0),
                )
                return

    def _remedy(self, view: View, died: bool) -> Remedy | None:
        """Slower steps where it died on the way; where it was born dead, its bias or its input is at fault."""
        return slowed(view) if died else None
