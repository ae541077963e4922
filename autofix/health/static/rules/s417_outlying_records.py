"""S417: a few records far larger than the others."""

from __future__ import annotations

from collections.abc import Iterator

from autofix.health.finding import Evidence, Finding, Severity
from autofix.health.static.rule import Rule
from autofix.health.static.subject import Subject

FAR = 100.0  # times; in the data sets of studies/ no record is over 7 times as large as usual, but made outliers 1,062
# From 3 records on, no sample of the corpus's sound sets is told wrongly, and each with an outlier is told
# (studies/results/few.md); with 5 even two odd ones leave the median to the others.
FEWEST = 5


class OutlyingRecords(Rule):
    """A few records are far larger than the others.

    Sick: the largest size of a value in a record that was looked at is over 100 times what it is in the median record.
    One batch with such a record has a gradient to match, whose step undoes the learning of many.
    Well: the records are of about one size.
    """

    code = "S417"
    title = "records far larger than the others"
    severity = Severity.WARNING

    def examine(self, subject: Subject) -> Iterator[Finding]:
        """Yield the data layer of each such blob of TRAIN."""
        for data in subject.train.inputs:
            found = subject.audits.get(data)
            for top in found.tops if found is not None else ():
                far = [index for index, peak in enumerate(top.peaks) if peak > FAR * top.usual_peak > 0]
                if found is None or data.layer is None or top.labels is not None or not far:
                    continue
                if len(top.peaks) < FEWEST or 2 * len(far) > len(top.peaks):
                    continue
                worst = max(far, key=top.peaks.__getitem__)
                place = f"in record {worst}, counted from 0" if found.records == top.looked_at else "in one of them"
                what = (
                    f"{len(far)} of {top.looked_at} records of {data.source} hold values over {FAR:g} times as large "
                    f"as usual in {top.name}: {top.peaks[worst]:.3g} {place}, where {top.usual_peak:.3g} is usual."
                )
                advice = "see whether these records are as they should be; clip_gradients limits what they can do"
                values = Evidence("largest", float(top.peaks[worst])), Evidence("usual", top.usual_peak)
                yield self.finding(data.layer, what, advice, blob=top.name, evidence=values)
