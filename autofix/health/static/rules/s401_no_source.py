"""S401: data that is not there."""

from __future__ import annotations

from collections.abc import Iterator

from autofix.health.finding import Finding
from autofix.health.static.rule import Rule
from autofix.health.static.subject import Subject

FROM_FILES = ("Data", "AnnotatedData", "ImageData", "WindowData", "HDF5Data")


class NoSource(Rule):
    """A data set or a mean file is missing or cannot be read.

    Sick: the ``source`` of a data layer or its ``mean_file`` is not there, seen from the folder in which Caffe is
    started; or it is empty, cut off, or of another kind than the layer reads. Caffe stops.
    Well: all of them can be read.
    """

    code = "S401"
    title = "no such data"

    def examine(self, subject: Subject) -> Iterator[Finding]:
        """Yield the layer of each."""
        for _, data in subject.inputs:
            if data.layer is None:
                continue
            error = subject.unreadable.get(data)
            if error is not None:
                yield self.finding(
                    data.layer, f"{error}: Caffe stops.", error.hint or "make the data set, or mend the path"
                )
            elif not data.source and data.kind in FROM_FILES:
                yield self.finding(data.layer, f"Layer {data.name} names no source: Caffe stops.", "write its source")
            if data.mean_file and not subject.training.resolve(data.mean_file).is_file():
                what = f"{data.mean_file}: no such mean file (looked in {subject.training.folder}): Caffe stops."
                advice = "make it with compute_image_mean, or write mean_value lines instead"
                yield self.finding(data.layer, what, advice)
