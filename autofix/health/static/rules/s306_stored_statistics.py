"""S306: batch normalisation with statistics that are not there yet."""

from __future__ import annotations

from collections.abc import Iterator

from autofix.debuginfo import listed, quoted
from autofix.health.finding import Finding, Severity
from autofix.health.static.rule import Rule
from autofix.health.static.subject import Subject
from autofix.model import Layer, Net
from autofix.prototxt import Scalar

ADVICE = "remove use_global_stats, unless weights with statistics are loaded"


class StoredStatistics(Rule):
    """BatchNorm is told to use the statistics of the wrong phase.

    Sick: ``use_global_stats: true`` in TRAIN: from scratch the stored statistics are zero, and each value is
    divided by the root of eps alone, which makes it 316 times as large: no setting of the solver can help. The solver
    may say ``weights: "x.caffemodel"``, which is taken to bring them, as is what lint is given with ``--weights``.
    ``use_global_stats: false`` in TEST is a warning: results depend on what else is in the batch.
    Well: the line is left out (Caffe then does what the phase needs), or the statistics come with loaded weights.
    """

    code = "S306"
    title = "BatchNorm statistics of the wrong phase"

    def examine(self, subject: Subject) -> Iterator[Finding]:
        """Yield the first line that forces it in TRAIN, for all such layers, and each that does in TEST."""
        training = [] if subject.pretrained else list(forced(subject.train, stored=True))
        if training:
            names = listed(quoted(layer.name) for layer, _ in training)
            what = f"BatchNorm takes stored statistics while it trains, and there are none (in {names})."
            layer, line = training[0]
            yield self.finding(line, what, f"{ADVICE}, as with --weights", layer=layer)
        for net in subject.training.tests:
            for layer, line in forced(net, stored=False):
                what = f"Layer {layer.name} takes the batch's own statistics while it is tested."
                yield self.finding(line, what, ADVICE, layer=layer, severity=Severity.WARNING)


def forced(net: Net, stored: bool) -> Iterator[tuple[Layer, Scalar]]:
    """The BatchNorm layers that are told to take stored statistics, or not to, whatever the phase; with the line."""
    for layer in net.layers:
        settings = layer.settings("batch_norm_param") if layer.type == "BatchNorm" else None
        line = settings.scalar("use_global_stats") if settings is not None else None
        if line is not None and line.boolean == stored:
            yield layer, line
