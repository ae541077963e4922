"""S405: labels the net has no output for."""

from __future__ import annotations

from collections.abc import Iterator

from autofix.caffe.datasets import Labels
from autofix.health.finding import Evidence, Finding, Remedy
from autofix.health.static.graph import origin
from autofix.health.static.rule import Rule, meant
from autofix.health.static.subject import Subject
from autofix.model import Loss, Net
from autofix.prototxt import Scalar, replace

CLASSES = ("SoftmaxWithLoss", "MultinomialLogisticLoss", "InfogainLoss", "HingeLoss")


class LabelsOutOfRange(Rule):
    """A label is no class of the net.

    Sick: a label is at or past the number of outputs that the loss compares it with, or is negative and not the
    ``ignore_label``. Caffe reads memory that is not its own: it may crash, go NaN, or go on with nonsense.
    Well: with n outputs, the labels are 0 to n - 1.
    """

    code = "S405"
    title = "labels out of range"

    def examine(self, subject: Subject) -> Iterator[Finding]:
        """Yield the loss layer of each."""
        for net in subject.nets:
            for loss in net.losses:
                labels = _labels(subject, net, loss)
                if labels is None or loss.classes is None or loss.layer.type not in CLASSES:
                    continue
                settings = loss.layer.settings("loss_param")
                ignored = settings.integer("ignore_label", -1) if settings and "ignore_label" in settings else None
                bad = [label for label in labels.counts if not 0 <= label < loss.classes and label != ignored]
                if bad:
                    found = self._finding(loss, labels, bad)
                    size = _size(net, loss)
                    wanted = max(labels.counts) + 1
                    yield found if size is None else meant(found, size, replace(size, wanted, "an output for each"))

    def _finding(self, loss: Loss, labels: Labels, bad: list[int]) -> Finding:
        told = f"{min(bad)}" if len(bad) == 1 else f"{min(bad)} to {max(bad)}"
        last = (loss.classes or 1) - 1
        outputs = f"{last + 1} outputs, for labels from 0 to {last}" if last else "1 output, for label 0"
        what = f"{loss.prediction} has {outputs}; {loss.label} holds {told}."
        hint = "count classes from 0" if min(labels.counts) == 1 else "mend the labels"
        remedy = Remedy(f"write  num_output: {max(labels.counts) + 1}, or {hint}", searchable=False)
        records = sum(labels.counts[label] for label in bad)
        return self.finding(loss.layer, what, remedy, blob=loss.label, evidence=(Evidence("such records", records),))


def _size(net: Net, loss: Loss) -> Scalar | None:
    """Where the outputs of the prediction are counted."""
    makers = [layer for layer in net.producers(loss.prediction) if layer.num_output is not None]
    block = makers[0].settings(makers[0].weight_block) if len(makers) == 1 else None
    return block.scalar("num_output") if block is not None else None


def _labels(subject: Subject, net: Net, loss: Loss) -> Labels | None:
    found = origin(net, loss.label)
    top = subject.top(found.data, found.blob) if found is not None and found.scale == 1 and not found.shift else None
    return top.labels if top is not None else None
