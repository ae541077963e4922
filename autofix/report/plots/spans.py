"""One quantity of every layer before and after, on a logarithmic axis: layer gains, update/weight ratios."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from autofix.report.plots.axis import Axis, told
from autofix.report.plots.svg import WIDTH, Picture, num

LEFT, RIGHT, TOP, ROW = 84.0, 12.0, 26.0, 19.0
LABEL = 14
SMALLEST, LARGEST = 1e-12, 1e6
MAX_ROWS = 60

Reach = tuple[float, float, float]  # lowest, median, highest


@dataclass(frozen=True, slots=True)
class Row:
    """A layer; None where the run does not tell."""

    layer: str
    before: Reach | None
    after: Reach | None


def span_plot(key: str, title: str, rows: Sequence[Row], usual: tuple[float, float]) -> Picture | None:
    """Draw ``rows``; None where nothing is known.

    Args:
        usual: the range that is well, shaded.
    """
    known = [row for row in rows if row.before or row.after]
    if not known:
        return None
    shown = known[:: -(-len(known) // MAX_ROWS)]
    values = [value for row in shown for reach in (row.before, row.after) if reach for value in reach]
    clipped = [min(max(value, SMALLEST), LARGEST) for value in values if value > 0]
    across = Axis.over([*clipped, *usual], LEFT, WIDTH - RIGHT, log=True)
    bottom = TOP + ROW * len(shown)
    picture = Picture(key, title, _description(shown), bottom + 20)
    picture.rect(across.place(usual[0]), TOP, across.place(usual[1]) - across.place(usual[0]), bottom - TOP, "usual")
    for tick in across.ticks:
        picture.line(across.place(tick), TOP, across.place(tick), bottom, "grid")
        picture.text(across.place(tick), bottom + 13, told(tick), "middle")
    for index, row in enumerate(shown):
        _draw(picture, row, TOP + ROW * (index + 0.5), across)
    _legend(picture, any(row.before for row in shown), any(row.after for row in shown))
    return picture


def _draw(picture: Picture, row: Row, y: float, across: Axis) -> None:
    name = row.layer if len(row.layer) <= LABEL else f"{row.layer[:6]}…{row.layer[-7:]}"
    picture.text(LEFT - 6, y + 3.5, name, "end", row.layer)
    if row.before is not None:
        _reach(picture, row.before, y - 3, across, "before")
    if row.after is not None:
        _reach(picture, row.after, y + 3, across, "after")


def _reach(picture: Picture, reach: Reach, y: float, across: Axis, cls: str) -> None:
    """A line from the lowest to the highest value, with a mark at the median: a square before, a dot after."""
    low, middle, high = (across.place(value) for value in reach)
    tip = told(reach[1]) if reach[0] == reach[2] else f"{told(reach[1])} ({told(reach[0])} to {told(reach[2])})"
    if high > low:
        picture.line(low, y, high, y, f"reach {cls}")
    picture.path(_mark(middle, y, cls), f"dot {cls}", f"{cls}: {tip}")
    if reach[1] == 0:
        picture.text(middle + 7, y + 3.5, "0", "row")


def _mark(x: float, y: float, cls: str) -> str:
    if cls == "before":
        return f"M{num(x - 3.5)} {num(y - 3.5)}h7v7h-7z"
    return f"M{num(x - 4)} {num(y)}a4 4 0 1 1 8 0a4 4 0 1 1-8 0z"


def _legend(picture: Picture, before: bool, after: bool) -> None:
    entries = [("before", "as written")] * before + [("after", "the fix")] * after
    for index, (cls, name) in enumerate(entries):
        x = LEFT + 4 + 90 * index
        picture.path(_mark(x, 10, cls), f"dot {cls}")
        picture.text(x + 9, 13.5, name)
    picture.rect(LEFT + 180, 5, 14, 10, "usual")
    picture.text(LEFT + 198, 13.5, "usual")


def _description(rows: Sequence[Row]) -> str:
    return "; ".join(
        f"{row.layer}: "
        + ", ".join(
            f"{name} {reach[1]:.3g}"
            for name, reach in (("as written", row.before), ("the fix", row.after))
            if reach is not None
        )
        for row in rows
    )
