"""S409: batches that do not fit the data set."""

from __future__ import annotations

from collections.abc import Iterator

from autofix.health.finding import Evidence, Finding, Severity
from autofix.health.static.rule import Rule, place
from autofix.health.static.subject import Subject

BATCHED = ("Data", "AnnotatedData", "ImageData", "WindowData", "HDF5Data", "MemoryData")


class BatchSize(Rule):
    """A batch is larger than the data set, or of no size.

    Sick: a ``batch_size`` that is missing or 0, at which Caffe stops; or larger than the data set, so that a batch
    holds records twice (a warning).
    Well: several batches fit into the data set.
    """

    code = "S409"
    title = "batch_size does not fit"

    def examine(self, subject: Subject) -> Iterator[Finding]:
        """Yield the line of each."""
        for _, data in subject.inputs:
            if data.layer is None or data.kind not in BATCHED:
                continue
            found, size = subject.audits.get(data), data.batch_size or 0
            if size <= 0:
                told = "no batch_size" if data.batch_size is None else f"a batch_size of {size}"
                what = f"Layer {data.name} has {told}: Caffe stops."
                at = place(data.layer, "batch_size", "batchsize")
                yield self.finding(at, what, "write its batch_size, such as 64", layer=data.layer)
            elif found is not None and found.records is not None and size > found.records:
                what = f"A batch of layer {data.name} has {size} records, but {data.source} only {found.records}."
                values = Evidence("batch", size, "records"), Evidence("data set", found.records, "records")
                advice = f"write a batch_size of {found.records} or less"
                at = place(data.layer, "batch_size", "batchsize")
                yield self.finding(at, what, advice, layer=data.layer, severity=Severity.WARNING, evidence=values)
