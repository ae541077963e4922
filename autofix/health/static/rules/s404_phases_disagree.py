"""S404: TRAIN and TEST see the data differently."""

from __future__ import annotations

from collections.abc import Iterator
from math import isclose

from autofix.health.finding import Evidence, Finding, Severity
from autofix.health.static.rule import Rule, meant, place
from autofix.health.static.subject import Subject
from autofix.model import DataInput, Layer
from autofix.prototxt import Edit


class PhasesDisagree(Rule):
    """The data of TRAIN and TEST is transformed in different ways.

    Sick: two data layers that fill the same blob, one in each phase, differ in ``scale`` or in the mean they
    subtract: the net is tested on what it has not learnt. Different ``crop_size`` is a warning.
    Well: the same scale, mean and crop in both; ``mirror`` in TRAIN alone.
    """

    code = "S404"
    title = "TRAIN and TEST disagree"

    def examine(self, subject: Subject) -> Iterator[Finding]:
        """Yield the data layer of TEST, for each difference."""
        for test in subject.nets[1:]:
            for tested in test.inputs:
                for trained in subject.train.inputs:
                    if trained.transforms and tested.transforms and set(trained.features) & set(tested.features):
                        yield from self._compare(trained, tested)

    def _compare(self, trained: DataInput, tested: DataInput) -> Iterator[Finding]:
        assert trained.layer is not None
        assert tested.layer is not None
        there = f"in TRAIN (line {trained.layer.line})"
        if trained.scale == 1 and not isclose(1, tested.scale, rel_tol=1e-3):
            yield self._unscaled(trained.layer, trained, tested)
        elif not isclose(trained.scale, tested.scale, rel_tol=1e-3):
            what = f"Layer {tested.name} scales by {tested.scale:g} in TEST, but by {trained.scale:g} {there}."
            values = Evidence("TRAIN scale", trained.scale), Evidence("TEST scale", tested.scale)
            at, advice = place(tested.layer, "scale"), f"write  scale: {trained.scale:g}  in both"
            yield self.finding(at, what, advice, layer=tested.layer, evidence=values)
        if _mean(trained) != _mean(tested) and not (
            trained.mean_subtracted and tested.mean_subtracted and _mixed(trained, tested)
        ):
            what = f"Layer {tested.name} subtracts {_mean(tested)} in TEST, but {_mean(trained)} {there}."
            at = place(tested.layer, "mean_value", "mean_file", "meanfile")
            yield self.finding(at, what, "subtract the same mean in both", layer=tested.layer)
        if trained.crop_size != tested.crop_size:
            what = f"Layer {tested.name} crops to {_crop(tested)} in TEST, but to {_crop(trained)} {there}."
            advice = "write the same crop_size in both, unless the net takes every size"
            at = place(tested.layer, "crop_size", "cropsize")
            yield self.finding(at, what, advice, layer=tested.layer, severity=Severity.WARNING)

    def _unscaled(self, layer: Layer, trained: DataInput, tested: DataInput) -> Finding:
        """TRAIN as it is, where TEST is scaled: the scale is what was forgotten."""
        line = tested.layer.line if tested.layer is not None else 0
        what = f"Layer {trained.name} does not scale in TRAIN, but by {tested.scale:g} in TEST (line {line})."
        values = Evidence("TRAIN scale", trained.scale), Evidence("TEST scale", tested.scale)
        found = self.finding(layer, what, f"write  scale: {tested.scale:g}  in both", layer=layer, evidence=values)
        block, why = layer.message.message("transform_param"), "the scale that was forgotten"
        if block is None:
            end = layer.message.end - 1
            return meant(found, layer.message, Edit(end, end, f" transform_param {{ scale: {tested.scale!r} }} ", why))
        if "scale" in block:
            return found
        start = block.start + 1
        return meant(found, block, Edit(start, start, f" scale: {tested.scale!r} ", why))


def _mean(data: DataInput) -> str:
    if data.mean_file:
        return f"the mean of {data.mean_file}"
    return " ".join(f"{value:g}" for value in data.mean_values) or "no mean"


def _mixed(trained: DataInput, tested: DataInput) -> bool:
    """Whether one takes its mean from a file and the other does not: they may well be the same."""
    return bool(trained.mean_file) != bool(tested.mean_file)


def _crop(data: DataInput) -> str:
    return str(data.crop_size or "nothing")
