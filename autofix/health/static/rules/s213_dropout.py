"""S213: dropout that leaves nothing."""

from __future__ import annotations

from collections.abc import Iterator

from autofix.health.finding import Finding, Severity
from autofix.health.static.rule import Rule
from autofix.health.static.subject import Subject


class DropoutRatio(Rule):
    """A dropout layer drops nearly everything, or an impossible share.

    Sick: ``dropout_ratio`` of 1 or more, where what is left is divided by zero, or below 0; above ``large`` it is a
    warning. It is the share that is dropped, not the one that is kept.
    Well: 0.5, or 0.2 behind convolutions.
    """

    code = "S213"
    title = "dropout leaves nothing"
    large: float = 0.9  # share of the values that is set to zero

    def examine(self, subject: Subject) -> Iterator[Finding]:
        """Yield each such layer."""
        for layer in subject.layers:
            settings = layer.settings("dropout_param") if layer.type == "Dropout" else None
            ratio = settings.number("dropout_ratio", 0.5) if settings is not None else 0.5
            if 0 <= ratio <= self.large:
                continue
            possible = 0 <= ratio < 1
            told = f"keeps {1 - ratio:.2g} of its input" if possible else "cannot scale what it keeps"
            what = f"Layer {layer.name} has a dropout_ratio of {ratio:g}: it {told}."
            severity = Severity.WARNING if possible else Severity.ERROR
            yield self.finding(layer, what, "write the share to drop, such as 0.5", severity=severity)
