"""Which plots a page has, and the lines that stand in for those that cannot be drawn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from autofix.debuginfo.trace import Kind
from autofix.health import Gain
from autofix.report.heat import Heat
from autofix.report.layers import LayerFacts
from autofix.report.page import Page
from autofix.report.plots import Picture, Row, Series, common_scale, heat_map, loss_plot, probe_map, span_plot
from autofix.report.plots.spans import Reach
from autofix.report.runs import Share

PROOFS = 3  # lines for confirmation runs that can be told apart
USUAL_GAIN = (1 / 3, 3.0)  # a signal that keeps its size, as check H204 has it for the std
USUAL_SHARE = (1e-4, 1e-2)  # of the weight an iteration, around the usual 1e-3 (CS231n notes)


@dataclass(frozen=True, eq=False, slots=True)
class Figure:
    """A picture, or the reason why there is none."""

    picture: Picture | None
    reason: str = ""


@dataclass(frozen=True, eq=False, slots=True)
class Drawings:
    """All plots of a page; ``data`` and ``diff`` before and after, on one scale each."""

    loss: Figure
    data: tuple[Figure, ...]
    diff: tuple[Figure, ...]
    gains: Figure
    shares: Figure
    maps: tuple[Figure, ...]


def draw(page: Page) -> Drawings:
    """Draw everything that ``page`` has the facts for."""
    return Drawings(
        loss=_attempt(lambda: loss_plot(_series(page), page.facts), "no run has logged a loss"),
        data=_heats(page, "data", "Outputs and weights"),
        diff=_heats(page, "diff", "Gradients"),
        gains=_attempt(
            lambda: span_plot("gains", "Layer gains", [_gain_row(layer) for layer in page.layers], USUAL_GAIN),
            "the logs do not tell what goes into each layer, or no weights come from a filler",
        ),
        shares=_attempt(
            lambda: span_plot("shares", "Update/weight ratios", [_share_row(x) for x in page.layers], USUAL_SHARE),
            "the logs have no gradients",
        ),
        maps=_maps(page),
    )


def _attempt(drawn: Callable[[], Picture | None], reason: str) -> Figure:
    """A plot that breaks is left out, and the report goes on without it."""
    try:
        picture = drawn()
    except Exception as error:
        return Figure(None, f"it could not be drawn, which is a bug in Autofix ({type(error).__name__}: {error})")
    return Figure(picture, "" if picture is not None else reason)


def _series(page: Page) -> list[Series]:
    found = [Series(run, cls) for run, cls in ((page.before, "before"), (page.after, "after")) if run is not None]
    return found + [Series(run, f"proof-{index + 1}") for index, run in enumerate(page.confirmations[:PROOFS])]


def _heats(page: Page, kind: Kind, name: str) -> tuple[Figure, ...]:
    found: list[tuple[str, str, Heat]] = []
    for run, key in ((page.before, "before"), (page.after, "after")):
        heat = (run.data if kind == "data" else run.diff) if run is not None else None
        if run is not None and heat is not None:
            found.append((f"{kind}-{key}", f"{name}, {run.title}", heat))
    if not found:
        return (Figure(None, f"no log has debug_info lines of {kind}"),)
    scale = common_scale(heat for _, _, heat in found)
    return tuple(_attempt(partial(heat_map, key, title, heat, scale), "") for key, title, heat in found)


def _gain_row(layer: LayerFacts) -> Row:
    def reach(gain: Gain | None) -> Reach | None:
        return (gain.gain,) * 3 if gain is not None and gain.entering else None

    return Row(layer.layer, reach(layer.gain_before), reach(layer.gain_after))


def _share_row(layer: LayerFacts) -> Row:
    def reach(share: Share | None) -> Reach | None:
        return (share.low, share.middle, share.high) if share is not None else None

    return Row(layer.layer, reach(layer.share_before), reach(layer.share_after))


def _maps(page: Page) -> tuple[Figure, ...]:
    trials = page.report.trials
    names = [name for name in ("input_scale", "filler_std") if any(name in trial.params for trial in trials)]
    if not names:
        return (Figure(None, "no trial came to its end"),)
    return tuple(_attempt(partial(probe_map, name, trials, page.fix), "") for name in names)
