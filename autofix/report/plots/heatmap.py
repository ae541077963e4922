"""Magnitudes of every blob over the iterations, on a logarithmic scale of colours."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

import numpy as np

from autofix.report.heat import Heat
from autofix.report.plots.axis import Axis, told
from autofix.report.plots.colours import LEVELS, VIRIDIS
from autofix.report.plots.svg import WIDTH, Picture, num

LEFT, RIGHT, TOP, ROW = 98.0, 4.0, 44.0, 11.0
LABEL = 15  # characters of a row's label that fit
SMALLEST, LARGEST = 1e-12, 1e8  # beyond these a colour tells enough: dead, or about to be infinite
BAD, ZERO, NOTHING = "bad", "zero", "nothing"


def common_scale(heats: Iterable[Heat]) -> Axis:
    """The scale of colours that serves all of ``heats``, so that before and after can be compared."""
    values = np.concatenate([each.values.ravel() for each in heats] or [np.ones(1)])
    kept = values[np.isfinite(values) & (values > 0)]
    return Axis.over(np.clip(kept, SMALLEST, LARGEST).tolist(), 0, LEVELS - 1, log=True, least=1)


def heat_map(key: str, title: str, heat: Heat, scale: Axis) -> Picture:
    """Draw ``heat`` with the colours of ``scale``."""
    tall = ROW * len(heat.labels)
    picture = Picture(key, title, _description(heat), TOP + tall + 32)
    fills = {BAD: picture.hatch("bad"), ZERO: picture.hatch("zero")}
    _legend(picture, scale, heat, fills)
    across = Axis(0, len(heat.iterations), LEFT, WIDTH - RIGHT)
    for level, d in _cells(heat, scale, across).items():
        picture.path(d, "cells", fill=fills.get(str(level), "") or VIRIDIS[int(level)])
    for row, (label, detail) in enumerate(zip(heat.labels, heat.details, strict=True)):
        cls = "row end hit" if heat.started and heat.started[0] == row else "row end"
        picture.text(LEFT - 4, TOP + ROW * row + 8.5, _short(label), cls, detail)
    picture.rect(LEFT, TOP, WIDTH - RIGHT - LEFT, tall, "frame")
    _iterations(picture, heat, across, TOP + tall)
    if heat.started:
        _point_out(picture, *heat.started, across)
    return picture


Level = int | str


def _level(value: float, scale: Axis) -> Level:
    if math.isnan(value):
        return NOTHING
    if math.isinf(value):
        return BAD
    return round(scale.place(value)) if value > 0 else ZERO


def _cells(heat: Heat, scale: Axis, across: Axis) -> dict[Level, str]:
    """By level one path over all its cells, neighbours in a row as one."""
    paths: dict[Level, list[str]] = {}
    for row, values in enumerate(heat.values):
        for level, first, last in _runs([_level(float(value), scale) for value in values]):
            if level != NOTHING:
                # Both ends are rounded, not the width: else hairlines stay open between neighbours.
                start, end = num(across.place(first)), num(across.place(last))
                paths.setdefault(level, []).append(f"M{start} {num(TOP + ROW * row)}H{end}v{num(ROW)}H{start}z")
    return {level: "".join(parts) for level, parts in paths.items()}


def _runs(levels: Sequence[Level]) -> Iterator[tuple[Level, int, int]]:
    """Equal neighbours: the level, the first column, and the one after the last."""
    column = 0
    for level, group in groupby(levels):
        first, column = column, column + len(list(group))
        yield level, first, column


def _legend(picture: Picture, scale: Axis, heat: Heat, fills: dict[str, str]) -> None:
    """The scale of colours, and the hatchings that occur."""
    wide = 130.0 / LEVELS
    for level, colour in enumerate(VIRIDIS):
        picture.path(f"M{num(LEFT + wide * level)} 14h{num(wide + 0.3)}v8h-{num(wide + 0.3)}z", "cells", fill=colour)
    for tick in scale.ticks[:: 2 if len(scale.ticks) > 4 else 1]:
        x = LEFT + wide * (scale.place(tick) + 0.5)
        picture.line(x, 22, x, 24.5, "axis")
        picture.text(x, 33, told(tick), "row middle")
    picture.text(LEFT, 10, "mean magnitude", "row")
    occurring = [(name, kind) for name, kind, seen in _hatched(heat) if seen]
    for index, (name, kind) in enumerate(occurring):
        picture.path(f"M{num(LEFT + 150)} {num(3 + 15 * index)}h14v10h-14z", "swatch", fill=fills[kind])
        picture.text(LEFT + 168, 11.5 + 15 * index, name, "row")


def _hatched(heat: Heat) -> Iterator[tuple[str, str, bool]]:
    yield "NaN or infinite", BAD, bool(np.isinf(heat.values).any())
    yield "exactly zero", ZERO, bool((heat.values == 0).any())


def _iterations(picture: Picture, heat: Heat, across: Axis, bottom: float) -> None:
    shown = np.unique(np.linspace(0, len(heat.iterations) - 1, 5).round().astype(int))
    for column in shown:
        x = across.place(column + 0.5)
        picture.line(x, bottom, x, bottom + 3, "axis")
        is_last = column == shown[-1] and len(shown) > 1
        # A long number below the last column would stick out of the picture.
        place, anchor = (max(x, WIDTH - RIGHT), "row end") if is_last else (x, "row middle")
        picture.text(place, bottom + 13, str(heat.iterations[column]), anchor)
    picture.text(WIDTH - RIGHT, bottom + 26, "iteration", "row end")


def _point_out(picture: Picture, row: int, column: int, across: Axis) -> None:
    """A frame around the cell in which the trouble began, and an arrow down to its column."""
    x, y, wide = across.place(column), TOP + ROW * row, max(across.place(1) - across.place(0), 4.0)
    picture.rect(x - 1, y - 1, wide + 2, ROW + 2, "first-bad")
    picture.path(f"M{num(x + wide / 2)} {num(TOP - 1)}l-4-6h8z", "arrow", "the first value that is not finite")


def _short(label: str) -> str:
    """A label without its middle where it is too long."""
    return label if len(label) <= LABEL else f"{label[: LABEL - 9]}…{label[-8:]}"


def _description(heat: Heat) -> str:
    finite = heat.values[np.isfinite(heat.values)]
    reach = f", magnitudes from {finite.min():.3g} to {finite.max():.3g}" if len(finite) else ""
    blobs = f"{len(heat.labels)} blobs from {heat.labels[0]} to {heat.labels[-1]}, to iteration {heat.iterations[-1]}"
    if heat.started is None:
        return f"{blobs}{reach}"
    row, column = heat.started
    first = f"{heat.details[row]}, iteration {heat.iterations[column]}"
    return f"{blobs}{reach}; the first value that is not finite: {first}"
