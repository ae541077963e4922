"""H403: input too small."""

from __future__ import annotations

from collections.abc import Iterator

from autofix.debuginfo import quoted
from autofix.health.check import Check
from autofix.health.finding import Evidence, Finding, Remedy, Severity
from autofix.health.view import View


class TinyInput(Check):
    """The input is so small that nothing of it is left after a few layers.

    Sick: the mean |x| of every blob that comes from the data is below ``small``, and above zero.
    Well: it is around 1.
    """

    code = "H403"
    title = "input too small"
    severity = Severity.WARNING
    small: float = 0.02  # mean |x|; inputs of unit variance have 0.8, digits in 0..1 have 0.13 (MNIST)

    def examine(self, view: View) -> Iterator[Finding]:
        """Yield the largest input blob."""
        found = max(view.inputs, key=lambda entry: entry.size, default=None)
        if found is None or not 0 < found.size < self.small:
            return
        scale = float(f"{1 / found.size:.1g}")
        yield self.finding(
            f"The input blob {quoted(found.blob)} of layer {quoted(found.layer)} has a mean |x| of {found.size:.3g}: "
            "the gradient of the first layer shrinks with its input, and so does every activation after it.",
            layer=found.layer,
            blob=found.blob,
            iteration=int(view.trace.iterations[0]),
            evidence=(Evidence("mean |x|", found.size),),
            remedy=Remedy(
                f"scale the input by {scale:g} in every phase: its mean |x| is {found.size:.3g}, and should be about 1",
                input_scale_factor=scale,
            ),
        )
