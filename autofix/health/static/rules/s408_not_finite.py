"""S408: NaN or infinity in the data itself."""

from __future__ import annotations

from collections.abc import Iterator

from autofix.health.finding import Evidence, Finding, Remedy
from autofix.health.static.rule import Rule
from autofix.health.static.subject import Subject


class DataNotFinite(Rule):
    """The data holds NaN or infinity; no setting can mend that.

    Sick: a record that was looked at (some ten thousand, spread evenly) holds a value that is not finite.
    Well: all of them are finite.
    """

    code = "S408"
    title = "NaN or infinity in the data"

    def examine(self, subject: Subject) -> Iterator[Finding]:
        """Yield the data layer of each such blob."""
        for _, data, top in subject.tops():
            if top.nonfinite and data.layer is not None:
                what = (
                    f"{top.nonfinite} of {top.looked_at} records of {data.source} hold NaN or infinity in {top.name}."
                )
                remedy = Remedy("mend the data set; no learning rate, scale or filler can help", searchable=False)
                values = (Evidence("such records", top.nonfinite, f"of {top.looked_at}"),)
                yield self.finding(data.layer, what, remedy, blob=top.name, evidence=values)
