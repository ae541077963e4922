"""S412: a test on the training data."""

from __future__ import annotations

from collections.abc import Iterator

from autofix.health.finding import Finding, Severity
from autofix.health.static.rule import Rule, place
from autofix.health.static.subject import Subject


class SameSource(Rule):
    """TRAIN and TEST read the same data set.

    Sick: the data layers of both phases have the same ``source``: the test cannot show whether the net has learnt
    or remembered (an info); a LEVELDB opens for one of them alone, and Caffe stops (an error).
    Well: a data set of its own for each phase.
    """

    code = "S412"
    title = "TEST reads the training data"
    severity = Severity.INFO

    def examine(self, subject: Subject) -> Iterator[Finding]:
        """Yield the data layer of TEST."""
        resolve = subject.training.resolve
        trained = {resolve(data.source).resolve() for data in subject.train.inputs if data.source}
        for test in subject.nets[1:]:
            for data in test.inputs:
                if data.layer is None or not data.source or resolve(data.source).resolve() not in trained:
                    continue
                locked = data.backend == "LEVELDB"
                effect = "a LEVELDB opens once alone, and Caffe stops" if locked else "it shows what the net remembers"
                what = f"Layer {data.name} tests on {data.source}, which TRAIN reads too: {effect}."
                severity = Severity.ERROR if locked else Severity.INFO
                at = place(data.layer, "source")
                yield self.finding(at, what, "keep records aside for the test", layer=data.layer, severity=severity)
