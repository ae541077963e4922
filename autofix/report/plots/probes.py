"""The map of all probes: where each candidate lies in the space of the search, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from autofix.health import Verdict
from autofix.report.facts import TrialFacts
from autofix.report.plots.axis import Axis, told
from autofix.report.plots.colours import mark
from autofix.report.plots.svg import WIDTH, Picture

LEFT, RIGHT, TALL, ROW = 50.0, 16.0, 190.0, 15.0
BESIDE = 15.0  # pixels between trials in one place
LEAST = 1.0  # powers of ten that an axis spans at least
NAMES = {"base_lr": "base_lr", "input_scale": "input scale", "filler_std": "filler std (1 keeps the signal)"}


def probe_map(across_name: str, trials: Sequence[TrialFacts], fix: int | None) -> Picture | None:
    """Draw base_lr over ``across_name``; None where no trial has these parameters.

    Args:
        fix: the number of the trial that was written.
    """
    points = [trial for trial in trials if {"base_lr", across_name} <= trial.params.keys()]
    if not points:
        return None
    verdicts = [verdict for verdict in Verdict if any(trial.verdict is verdict for trial in points)]
    top = ROW * (len(verdicts) // 2 + 1) + 28
    across = Axis.over((t.params[across_name] for t in points), LEFT, WIDTH - RIGHT, log=True, least=LEAST)
    up = Axis.over((t.params["base_lr"] for t in points), top + TALL, top, log=True, least=LEAST)
    title = f"All probes over {NAMES[across_name]} and base_lr"
    picture = Picture(f"map-{across_name}", title, _description(points), top + TALL + 32)
    _frame(picture, across, up, top, NAMES[across_name])
    for index, verdict in enumerate([*verdicts, *([None] if fix is not None else [])]):
        x, y = LEFT + 145 * (index % 2), ROW * (index // 2) + 8
        shape = mark(verdict or Verdict.STABLE, x, y)
        picture.path(shape, f"verdict {verdict.value}" if verdict else "ring")
        picture.text(x + 12, y + 3.5, verdict.value if verdict else "ringed: the fix")
    _points(picture, points, across, up, across_name, fix)
    return picture


def _frame(picture: Picture, across: Axis, up: Axis, top: float, name: str) -> None:
    bottom = top + TALL
    for tick in up.ticks:
        picture.line(LEFT, up.place(tick), WIDTH - RIGHT, up.place(tick), "grid")
        picture.text(LEFT - 5, up.place(tick) + 3.5, told(tick), "end")
    for tick in across.ticks:
        picture.line(across.place(tick), top, across.place(tick), bottom, "grid")
        picture.text(across.place(tick), bottom + 14, told(tick), "middle")
    picture.path(f"M{LEFT} {top}V{bottom}H{WIDTH - RIGHT}", "axis")
    picture.text(LEFT - 5, top - 11, "base_lr", "end")
    picture.text(WIDTH - RIGHT, bottom + 28, name, "end")


def _points(picture: Picture, points: Sequence[TrialFacts], across: Axis, up: Axis, name: str, fix: int | None) -> None:
    """A mark for each trial; trials in one place stand side by side."""

    def place(trial: TrialFacts) -> tuple[float, float]:
        return round(across.place(trial.params[name])), round(up.place(trial.params["base_lr"]))

    for (x, y), group in groupby(sorted(points, key=lambda trial: (*place(trial), trial.number)), key=place):
        trials = list(group)
        first = max(min(x - BESIDE * (len(trials) - 1) / 2, WIDTH - RIGHT - BESIDE * (len(trials) - 1)), LEFT)
        for index, trial in enumerate(trials):
            beside = first + BESIDE * index
            if trial.number == fix:
                picture.path(mark(Verdict.STABLE, beside, y), "chosen")
            tip = f"trial {trial.number}: {trial.verdict.value}, {trial.reason}"
            picture.path(mark(trial.verdict, beside, y), f"verdict {trial.verdict.value}", tip)
            picture.text(beside, y - 9, str(trial.number), "row middle halo")


def _description(trials: Sequence[TrialFacts]) -> str:
    return "; ".join(
        f"trial {trial.number} {trial.verdict.value} at "
        + ", ".join(f"{name} {value:.3g}" for name, value in trial.params.items())
        for trial in trials
    )
