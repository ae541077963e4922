"""H101: the first NaN or infinity."""

from __future__ import annotations

from collections.abc import Iterator

from autofix.debuginfo import FirstBad, first_bad, quoted
from autofix.health.blame import culprit, describe
from autofix.health.check import Check
from autofix.health.finding import Evidence, Finding, Remedy
from autofix.health.rates import slower
from autofix.health.steps import SHARES
from autofix.health.view import View

# Layers that make NaN of sound input, and where they do not.
DEFINED = {"Log": "above 0", "Power": "where the power and its slope are finite"}


class NotFinite(Check):
    """A number that is no number any more.

    Sick: a blob, the loss or the learning rate is NaN or infinite.
    Well: every number of every iteration is finite.
    """

    code = "H101"
    title = "NaN or infinity"

    def examine(self, view: View) -> Iterator[Finding]:
        """Yield the first value that is not finite: where it started, not the loss it reached."""
        bad = first_bad(view.trace)
        if bad is None or bad.kind == "lr" or _comes_with_the_data(view, bad):
            return
        largest = culprit(view, bad) if bad.layer is None else None
        told = describe(view, bad)
        yield self.finding(
            f"{told[0].upper()}{told[1:]}. {_beyond(view, bad)}",
            layer=bad.layer or (largest.layer if largest else ""),
            blob=bad.blob or (largest.blob if largest else ""),
            iteration=bad.iteration,
            evidence=(Evidence("value", bad.value),),
            remedy=self._remedy(view, bad),
        )

    def _remedy(self, view: View, bad: FirstBad) -> Remedy:
        solver = view.solver
        if bad.phase == "update" and solver is not None and solver.type in SHARES and solver.delta == 0:
            return Remedy(
                f"set delta above 0 in the solver: {solver.type} divides each step by the size of the gradients so "
                "far, and where these are 0 it divides by 0"
            )
        factor, because = slower(view)
        lower = f"lower base_lr: {because}"
        if (kind := _type(view, bad)) in DEFINED:
            keep = f"keep what enters layer {quoted(bad.layer or '')} {DEFINED[kind]}, by a small shift for instance"
            if not _follows_weights(view, bad):
                return Remedy(
                    f"{keep}: it comes from the data, and no weights come before it that base_lr could change"
                )
            lower = f"{keep}; or {lower}"
        return Remedy(lower, base_lr_factor=factor)


def _beyond(view: View, bad: FirstBad) -> str:
    if bad.kind == "loss" and not view.trace.logged[view.trace.iterations == bad.iteration].any():
        return "The log does not show in which layer: a loss is where trouble is seen, and seldom where it begins."
    if bad.layer is None and bad.kind in ("data", "diff"):
        return (
            "A norm adds up squares, so it overflows while the values themselves are still finite; they are next, and "
            "so is all that is computed from them."
        )
    return "From there it spreads to everything computed from it."


def _type(view: View, bad: FirstBad) -> str:
    """The type of the layer that the bad value came from; empty where the log does not tell."""
    layers = view.net.layers if view.net is not None else ()
    return next((layer.type for layer in layers if layer.name == bad.layer), "")


def _follows_weights(view: View, bad: FirstBad) -> bool:
    """Whether what enters the layer depends on weights, as far as the net tells."""
    net = view.net
    if net is None:
        return True
    return any(
        any(later.name == bad.layer for top in layer.tops for later in net.blobs.downstream(top, lambda _: True))
        for layer in net.learnable
    )


def _comes_with_the_data(view: View, bad: FirstBad) -> bool:
    """Whether check H402 has more to say about it."""
    return bad.kind == "data" and bad.phase == "forward" and bad.layer in view.data_layers
