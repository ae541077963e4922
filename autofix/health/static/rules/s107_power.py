"""S107: a schedule without its exponent."""

from __future__ import annotations

from collections.abc import Iterator

from autofix.health.finding import Finding, Severity
from autofix.health.static.rule import Rule
from autofix.health.static.subject import Subject


class Power(Rule):
    """The schedule has no power, or a negative one.

    Sick: ``power`` is 0 or missing in "poly" or "inv", so that the rate never falls; or negative, so that it grows.
    Well: it is positive, such as 0.75 for "inv", 0.5, 1 or 2 for "poly".
    """

    code = "S107"
    title = "no usable power"
    severity = Severity.WARNING

    def examine(self, subject: Subject) -> Iterator[Finding]:
        """Yield the line of power or of the policy."""
        solver = subject.solver
        if solver.lr_policy in ("poly", "inv") and solver.power <= 0:
            told = "" if "power" in solver.root else " (not written)"
            effect = "stays the same" if solver.power == 0 else "grows"
            what = f'power is {solver.power:g}{told} with lr_policy "{solver.lr_policy}": the learning rate {effect}.'
            advice = "write a positive power, such as 0.75 for inv or 1 for poly"
            yield self.finding(subject.field("power", "lr_policy"), what, advice)
