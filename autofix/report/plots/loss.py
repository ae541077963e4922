"""The loss over the iterations: as written, with the fix, and in the confirmation runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from autofix.health import Facts, Verdict
from autofix.report.plots.axis import Axis, told
from autofix.report.plots.colours import CROSS, at
from autofix.report.plots.svg import WIDTH, Picture
from autofix.report.runs import RunFacts

LEFT, RIGHT, TALL, ROW = 42.0, 14.0, 170.0, 15.0
LOST = (Verdict.DIVERGED, Verdict.EXPLODING)  # runs that end in a cross
LOG_FROM = 30.0  # largest loss over smallest, from which the axis is logarithmic


@dataclass(frozen=True, slots=True)
class Series:
    """A run and the CSS class of its line: before, after or proof-1 and so on.

    Args:
        lost_at: the iteration in which a log that goes on shows that it is lost; None: where it ends.
    """

    run: RunFacts
    cls: str
    lost_at: int | None = None

    @property
    def end(self) -> int:
        """The iteration of the verdict."""
        iterations = self.run.loss.iterations
        return self.lost_at if self.lost_at is not None else iterations[-1] if iterations else 0


def loss_plot(series: Sequence[Series], facts: Facts) -> Picture | None:
    """Draw the losses of ``series``; None where no loss is finite."""
    losses = [loss for each in series for loss in each.run.loss.loss]
    if not losses:
        return None
    levels = [*losses, *([facts.constant] if facts.constant is not None else [])]
    legend = ROW * (len(series) + (facts.constant is not None))
    top = legend + 20
    ends = [run.iterations[-1] for each in series if (run := each.run.loss).iterations]
    ends += [each.run.loss.bad_at for each in series if each.run.loss.bad_at is not None]
    across = Axis(0, max(*ends, 1), LEFT, WIDTH - RIGHT)
    up = Axis.over(levels, top + TALL, top, log=min(levels) > 0 and max(levels) > LOG_FROM * min(levels))
    picture = Picture("loss", "Loss over the iterations", _description(series, facts), top + TALL + 32)
    _frame(picture, across, up, top)
    if facts.constant is not None:
        y = up.place(facts.constant)
        picture.line(LEFT, y, WIDTH - RIGHT, y, "constant")
        _entry(picture, len(series), "constant", f"{facts.constant:.4g}: always giving the constant answer")
    for index, each in enumerate(series):
        _draw(picture, each, across, up)
        _entry(picture, index, f"curve {each.cls}", _legend(each))
    return picture


def _frame(picture: Picture, across: Axis, up: Axis, top: float) -> None:
    bottom = top + TALL
    for tick in up.ticks:
        picture.line(LEFT, up.place(tick), WIDTH - RIGHT, up.place(tick), "grid")
        picture.text(LEFT - 5, up.place(tick) + 3.5, told(tick), "end")
    for tick in (tick for tick in across.ticks if tick.is_integer()):
        picture.line(across.place(tick), bottom, across.place(tick), bottom + 3, "axis")
        picture.text(across.place(tick), bottom + 14, told(tick), "middle")
    picture.path(f"M{LEFT} {top}V{bottom}H{WIDTH - RIGHT}", "axis")
    picture.text(LEFT - 5, top - 11, "loss", "end")
    picture.text(WIDTH - RIGHT, bottom + 27, "iteration", "end")


def _draw(picture: Picture, series: Series, across: Axis, up: Axis) -> None:
    curve = series.run.loss
    points = [(across.place(x), up.place(y)) for x, y in zip(curve.iterations, curve.loss, strict=True)]
    picture.polyline(points, f"curve {series.cls}{' lone' if len(points) == 1 else ''}")
    if curve.bad_at is not None or series.run.verdict in LOST:
        until = [point for point, x in zip(points, curve.iterations, strict=True) if x <= series.end]
        last = (until or points or [(across.start, up.end)])[-1]
        x = across.place(curve.bad_at) if curve.bad_at is not None else last[0]
        picture.path(at(x, last[1], CROSS), "not-finite", _legend(series))


def _entry(picture: Picture, row: int, cls: str, text: str) -> None:
    y = ROW * row + 8
    picture.line(LEFT, y, LEFT + 26, y, cls)
    picture.text(LEFT + 32, y + 3.5, text)


def _legend(series: Series) -> str:
    run = series.run
    if run.loss.bad_at is not None:
        return f"{run.title}: loss not finite at iteration {run.loss.bad_at} (×)"
    return f"{run.title}: {run.verdict.value} at iteration {series.end}" + (" (×)" if run.verdict in LOST else "")


def _description(series: Sequence[Series], facts: Facts) -> str:
    parts = []
    for each in series:
        curve = each.run.loss
        if curve.loss:
            parts.append(f"{_legend(each)}, loss from {curve.loss[0]:.4g} to {curve.loss[-1]:.4g}")
    if facts.constant is not None:
        parts.append(f"the constant answer has a loss of {facts.constant:.4g}")
    return "; ".join(parts)
