"""S416: data that only a program can bring."""

from __future__ import annotations

from collections.abc import Iterator

from autofix.health.finding import Finding, Severity
from autofix.health.static.rule import Rule
from autofix.health.static.subject import Subject


class FedByHand(Rule):
    """The training's data comes from layers that only a program of one's own can fill.

    Sick: a MemoryData layer in TRAIN, at which ``caffe train`` stops; or Input layers or ``input`` fields alone,
    which it leaves as they are, so that the net learns on zeros (a warning). Such a net is trained from pycaffe or
    C++, and Autofix, which runs ``caffe train``, cannot probe it.
    Well: the data comes from files.
    """

    code = "S416"
    title = "data that caffe train cannot bring"
    severity = Severity.WARNING

    def examine(self, subject: Subject) -> Iterator[Finding]:
        """Yield each such layer of TRAIN."""
        net = subject.train
        zeros = all(data.kind in ("Input", "input") for data in net.inputs)
        advice = "read the data from files, such as an HDF5Data layer does"
        for data in net.inputs:
            if data.kind == "MemoryData" and data.layer is not None:
                what = f"Layer {data.name} waits for a program to fill it: caffe train stops."
                yield self.finding(data.layer, what, advice, severity=Severity.ERROR)
            elif zeros and data.features:
                at = data.layer or next(one for one in net.root.scalars("input") if one.word == data.tops[0])
                what = f"Nothing fills the input {data.tops[0]} in caffe train: the net learns on zeros."
                yield self.finding(at, what, advice)
