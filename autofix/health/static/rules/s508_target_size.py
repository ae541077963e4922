"""S508: targets of another size than the predictions."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from autofix.health.finding import Evidence, Finding
from autofix.health.static.rule import Rule
from autofix.health.static.subject import Subject
from autofix.model import Loss

EQUAL = ("EuclideanLoss", "SigmoidCrossEntropyLoss")  # losses that compare number with number
CLASSES = ("SoftmaxWithLoss", "MultinomialLogisticLoss", "InfogainLoss", "HingeLoss")  # those that want one label


class TargetSize(Rule):
    """A loss compares a prediction with a target of another size.

    Sick: an EuclideanLoss of 2 outputs with targets of 3 values a record; a SoftmaxWithLoss with labels of 10
    values each, such as one-hot labels, where it wants the number of the class. Caffe stops. Judged where the
    data can be read and the prediction comes from an InnerProduct layer.
    Well: as many outputs as the targets have values; one label a record.
    """

    code = "S508"
    title = "targets of another size"

    def examine(self, subject: Subject) -> Iterator[Finding]:
        """Yield each such loss of TRAIN."""
        for loss in subject.train.losses:
            outputs, flat = subject.channels.get(loss.prediction, (0, False))
            size = _size(subject, loss)
            wanted = {**dict.fromkeys(EQUAL, outputs), **dict.fromkeys(CLASSES, 1)}.get(loss.layer.type)
            if not flat or outputs <= 0 or size is None or wanted is None or size == wanted:
                continue
            values = Evidence("outputs", outputs), Evidence("target", size, "values a record")
            what = (
                f"{loss.label} has {size} values a record for the {outputs} outputs of {loss.prediction}: Caffe stops."
            )
            if loss.layer.type in EQUAL:
                advice = f"write  num_output: {size}, or mend the targets"
            else:
                advice = "write the number of the class, counted from 0, as the only value of the label"
            yield self.finding(loss.layer, what, advice, blob=loss.label, evidence=values)


def _size(subject: Subject, loss: Loss) -> int | None:
    """Values of the target in a record, where it comes from the data as it is."""
    data = next((data for data in subject.train.inputs if loss.label in data.tops), None)
    top = subject.top(data, loss.label) if data is not None else None
    return prod(top.shape) if top is not None and top.shape is not None else None
