"""H402: NaN or infinity in the data itself."""

from __future__ import annotations

from collections.abc import Iterator

from autofix.debuginfo import first_bad, quoted
from autofix.health.check import Check
from autofix.health.finding import Evidence, Finding, Remedy
from autofix.health.view import View


class DataNotFinite(Check):
    """The training reads NaN or infinity; no setting can mend that.

    Sick: the first value that is not finite is one that a data layer put out.
    Well: what the data layers put out is finite.
    """

    code = "H402"
    title = "NaN or infinity in the data"

    def examine(self, view: View) -> Iterator[Finding]:
        """Yield the data blob and the iteration."""
        bad = first_bad(view.trace)
        if bad is None or bad.kind != "data" or bad.layer not in view.data_layers:
            return
        yield self.finding(
            f"Blob {quoted(bad.blob or '')}, which layer {quoted(bad.layer or '')} reads from the data, is "
            f"{bad.value:g} at iteration {bad.iteration}: the data set holds values that are not finite.",
            layer=bad.layer or "",
            blob=bad.blob or "",
            iteration=bad.iteration,
            evidence=(Evidence("value", bad.value),),
            remedy=Remedy("mend the data set; no learning rate, scale or filler can help", searchable=False),
        )
