"""S401: data that is not there."""

from __future__ import annotations

from collections.abc import Iterator

from autofix.health.finding import Finding
from autofix.health.static.rule import Rule, place
from autofix.health.static.subject import Subject
from autofix.model import DataInput, Layer

FROM_FILES = ("Data", "AnnotatedData", "ImageData", "WindowData", "HDF5Data")


class NoSource(Rule):
    """A data set, a mean file or a file of weights is missing or cannot be read.

    Sick: the ``source`` of a data layer or its ``mean_file``, or the solver's ``weights`` are not there, seen from the
    folder in which Caffe is started; or the data is empty, cut off, or of another kind than the layer reads. Caffe
    stops.
    Well: all of them can be read.
    """

    code = "S401"
    title = "no such data"

    def examine(self, subject: Subject) -> Iterator[Finding]:
        """Yield the line of each: weights first, then data sets and means."""
        training = subject.training
        for weights in subject.solver.root.scalars("weights"):
            for name in weights.string.split(","):
                if not training.resolve(name.strip()).is_file():
                    what = f"{name.strip()}: no such file of weights (looked in {training.folder}): Caffe stops."
                    yield self.finding(weights, what, "mend the path, or remove the line to train from scratch")
        for _, data in subject.inputs:
            if data.layer is not None:
                yield from self._look(subject, data, data.layer)

    def _look(self, subject: Subject, data: DataInput, layer: Layer) -> Iterator[Finding]:
        error = subject.unreadable.get(data)
        if error is not None:
            advice = error.hint or "make the data set, or mend the path"
            yield self.finding(place(layer, "source"), f"{error}: Caffe stops.", advice, layer=layer)
        elif not data.source and data.kind in FROM_FILES:
            yield self.finding(layer, f"Layer {data.name} names no source: Caffe stops.", "write its source")
        if data.mean_file and not subject.training.resolve(data.mean_file).is_file():
            what = f"{data.mean_file}: no such mean file (looked in {subject.training.folder}): Caffe stops."
            advice = "make it with compute_image_mean, or write mean_value lines instead"
            yield self.finding(place(layer, "mean_file", "meanfile"), what, advice, layer=layer)
