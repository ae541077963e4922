"""Write docs/health.md and its pictures: the manual's page on findings, from the checks' docstrings and real logs.

python scripts/document_checks.py
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
import manual

from autofix.debuginfo import read_trace
from autofix.health import Check, Facts, Finding, Judge, View, all_checks
from autofix.health.constant import constant_answer
from autofix.report.html import style
from autofix.report.plots import Picture
from autofix.report.plots.axis import Axis, told
from autofix.report.plots.svg import WIDTH

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parents[1]
PAGE, PICTURES = ROOT / "docs" / "health.md", ROOT / "docs" / "pictures" / "health"
CASES = ROOT / "tests" / "health" / "cases.toml"
LEFT, RIGHT, TOP, TALL = 48.0, 12.0, 40.0, 120.0
HEAD = """# What Autofix sees in a training

Each finding is one rule over what a training with `debug_info` printed: the mean |x| of every blob and of every
gradient, the loss and the learning rate, iteration by iteration. An **error** stops the training from learning, a
**warning** may. Most findings come with a remedy that the search tries first.

A picture shows the loss of a real training (dashed) and, where the finding names one, the blob it is about (solid). The
upright line is the iteration it was found at. An axis that is not linear has powers of ten.

How well verdicts foretell what long trainings do is measured on a corpus of over 500 trainings:
[studies/results/verdicts.md](../studies/results/verdicts.md). What prototxts alone tell is in [lint.md](lint.md).

This page is made of the checks' own docstrings by `scripts/document_checks.py`; do not edit it by hand.
"""
GROUPS = {
    "H1": "It diverges",
    "H2": "Weights and gradients",
    "H3": "Learning",
    "H4": "Input",
    "H5": "Targets and losses",
}


def pages() -> dict[Path, str]:
    """Everything that is written, by its path."""
    logs = tomllib.loads(CASES.read_text())
    written, lines = {}, [HEAD, *manual.table(all_checks(), "severity")]
    for check in all_checks():
        view, finding = _seen(check, logs[check.code]["sick"][0])
        picture = PICTURES / f"{check.code.lower()}.svg"
        written[picture] = f"{_draw(check, view, finding).alone(style('plot.css'))}\n"
        lines += _section(check, finding, picture.relative_to(PAGE.parent))
    written[PAGE] = "\n".join([*lines, *_verdicts()])
    return written


def _seen(check: Check, log: str) -> tuple[View, Finding]:
    """A recorded training and what the check says of it."""
    folder, name = log.split("/")
    trace = read_trace(ROOT / "tests" / folder / "logs" / f"{name}.log")
    net = View(Facts(), trace).net
    view = View(constant_answer(net, {}) if net is not None else Facts(), trace)
    return view, next(iter(check.examine(view)))


def _section(check: Check, finding: Finding, picture: Path) -> Iterator[str]:
    yield from manual.section(check, all_checks(), GROUPS)
    yield f"![{check.title}]({picture.as_posix()})\n"
    yield f"> {finding.explanation}"
    yield f">\n> Remedy: {finding.remedy.advice}.\n" if finding.remedy else ""


def _verdicts() -> Iterator[str]:
    yield "## Verdicts\n"
    yield "The judge runs these rules in this order after each iteration; the first that is certain decides.\n"
    for rule in (*Judge().bad, Judge().stable, Judge().prospects):
        what = manual.told((type(rule).__doc__ or "").split("Args:")[0], rule)
        yield f"- **{type(rule).__name__}**: {what}"
    yield ""


def _draw(check: Check, view: View, finding: Finding) -> Picture:
    trace = view.trace
    across = Axis(float(trace.iterations[0]), float(max(trace.iterations[-1], 1)), LEFT, WIDTH - RIGHT)
    picture = Picture(check.code.lower(), f"{check.code}: {check.title}", finding.explanation, TOP + TALL + 30)
    blob = _blob(view, finding)
    series = [("loss", view.loss, "before"), *([(blob[0], blob[1], "after")] if blob is not None else [])]
    values = np.concatenate([values for _, values, _ in series])
    good = values[np.isfinite(values)]
    log = bool(len(good) and good.min() > 0 and good.max() > 30 * good.min())
    up = Axis.over(good, TOP + TALL, TOP, log=log)
    for tick in up.ticks:
        picture.line(LEFT, up.place(tick), WIDTH - RIGHT, up.place(tick), "grid")
        picture.text(LEFT - 5, up.place(tick) + 3.5, told(tick), "end")
    for tick in (tick for tick in across.ticks if tick.is_integer()):
        picture.text(across.place(tick), TOP + TALL + 14, told(tick), "middle")
    picture.path(f"M{LEFT} {TOP}V{TOP + TALL}H{WIDTH - RIGHT}", "axis")
    picture.text(WIDTH - RIGHT, TOP + TALL + 27, "iteration", "end")
    for row, (name, numbers, cls) in enumerate(series):
        pairs = zip(trace.iterations.tolist(), numbers.tolist(), strict=True)
        points = [(across.place(x), up.place(y)) for x, y in pairs if np.isfinite(y)]
        picture.polyline(points, f"curve {cls}")
        picture.line(LEFT, 15 * row + 8, LEFT + 26, 15 * row + 8, f"curve {cls}")
        picture.text(LEFT + 32, 15 * row + 11.5, name)
    if finding.iteration is not None:
        x = across.place(float(finding.iteration))
        picture.line(x, TOP, x, TOP + TALL, "constant")
    return picture


def _blob(view: View, finding: Finding) -> tuple[str, np.ndarray[tuple[int], np.dtype[np.float64]]] | None:
    """The series that the finding is about: the blob it names, or the gradient of its layer's weights."""
    trace = view.trace
    keys = [key for key in trace.keys if key.layer == finding.layer and finding.blob in ("", key.blob)]
    gradients = [key for key in keys if key.role == "param" and key.kind == "diff"]
    kinds = {evidence.what for evidence in finding.evidence}
    chosen = gradients if "mean |diff|" in kinds or not finding.blob else keys
    for key in (*chosen, *keys):
        name = f"mean |gradient| of {key.layer}" if key.kind == "diff" else f"mean |x| of {key.layer}"
        return name, trace.series(key)
    return None


def main() -> None:
    """Write the page and its pictures."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
