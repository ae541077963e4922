"""A diagnosis for the terminal: what happened, where it began, what to do. Readable without colours and 60 wide."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import groupby
from textwrap import wrap

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from autofix.debuginfo import quoted
from autofix.health import Finding, Severity, Verdict
from autofix.report.diagnosis.facts import Diagnosed, Diagnosis
from autofix.report.diagnosis.judging import BAD as BAD_VERDICTS
from autofix.report.diagnosis.layers import Ends, LayerRow, LayerTable
from autofix.report.diagnosis.magnitudes import BAD, LARGEST, SMALLEST, ZERO, Plot, plots, shown_until
from autofix.report.diagnosis.travel import Step
from autofix.report.saying import show_trimmed

COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.INFO: "cyan"}
VERDICTS = {Verdict.STABLE: "bold green", Verdict.INCONCLUSIVE: "bold yellow"}
QUESTIONS = {
    "not_finite": "Where did the first NaN come from?",
    "magnitudes": "Are the magnitudes reasonable?",
    "gradients": "Do gradients reach every layer?",
}
MOST_LAYERS, MOST_ITERATIONS, MOST_BLOBS = 30, 3, 6
ENDS = {"finished": "finished", "stopped": "stopped by a signal", "died": "died", "open": "the log ends there"}
MOST_RUNS = 8
LABEL, NUMBERS = 16, 20  # characters of a plot's row beside its strip
LARGE_STEP, SMALL_STEP, VANISHED = 0.1, 1e-6, 1e-7  # as checks H203 and H202 have them


def show_diagnosis(diagnosed: Diagnosed, console: Console) -> None:
    """Print a diagnosis."""
    facts = diagnosed.diagnosis
    _headline(facts, console)
    _show_runs(facts, console)
    for finding in facts.findings:
        show_finding(finding, console)
    if facts.travelled:
        _title("How it travelled", console)
        for line in journey(facts.travelled):
            _say(line, console)
    view = diagnosed.judged.view
    if len(view):
        _title("Three questions", console)
        for name, question in QUESTIONS.items():
            _say(f"{question} {getattr(facts.answers, name)}", console)
    for plot in plots(view, max(10, min(60, console.width - LABEL - NUMBERS - 4))):
        _show_plot(plot, console)
    if (end := shown_until(view)) is not None:
        _say(f"(drawn up to iteration {end})", console)
    if facts.layers.rows:
        _show_layers(facts.layers, console)
    _list(advice_title(facts), facts.advice, console)
    if facts.verdict in BAD_VERDICTS and all(_can_be_searched(finding) for finding in facts.findings):
        _say("- Or let Autofix search for a fix and prove it on Caffe: autofix SOLVER", console)
    _list("Good to know", facts.notes, console)


def show_finding(finding: Finding, console: Console) -> None:
    """Print one finding with what it is based on."""
    place = f", layer {quoted(finding.layer)}" if finding.layer else ""
    when = f", iteration {finding.iteration}" if finding.iteration is not None else ""
    head = Text(f"{finding.severity.value} {finding.code}", style=COLOURS[finding.severity])
    console.print(head.append(f" {finding.title}{place}{when}", style="default"))
    _say(finding.explanation, console, indent=4, hanging=0)


def advice_title(facts: Diagnosis) -> str:
    """What stands above the advice: a training that is stable needs none."""
    return "What could be better" if facts.verdict is Verdict.STABLE else "What to do"


def _can_be_searched(finding: Finding) -> bool:
    return finding.remedy is None or finding.remedy.searchable


def _headline(facts: Diagnosis, console: Console) -> None:
    text = Text(f"{'standard input' if facts.log == '-' else facts.log}: ")
    text.append(facts.verdict.value, style=VERDICTS.get(facts.verdict, "bold red"))
    console.print(text.append(f". {_full(facts.why)}"))


def _show_runs(facts: Diagnosis, console: Console) -> None:
    if not facts.about:
        return
    _say(facts.about, console, indent=0, hanging=0)
    numbered = list(enumerate(facts.runs, 1))
    for number, run in numbered[-MOST_RUNS:]:
        what = f"iterations {run.first} to {run.last}, last loss {run.loss:.4g}" if run.loss is not None else "nothing"
        origin = f"resumed from {run.resumed_from}: " if run.resumed_from else ""
        _say(f"run {number}: {origin}{what}; {ENDS[run.ended]}", console)


def journey(steps: Sequence[Step]) -> Iterator[str]:
    """One line for each of the first iterations, the blobs in the order in which they went."""
    by_iteration = [(iteration, list(group)) for iteration, group in groupby(steps, lambda step: step.iteration)]
    for iteration, group in by_iteration[:MOST_ITERATIONS]:
        parts = []
        for phase, found in groupby(group, _part):
            names = list(dict.fromkeys(_place(step) for step in found))
            more = [f"{len(names) - MOST_BLOBS} more"] if len(names) > MOST_BLOBS else []
            parts.append(f"{_PHASES[phase]}{' → '.join([*names[:MOST_BLOBS], *more])}")
        yield f"iteration {iteration}: {'; '.join(parts)}"
    if len(by_iteration) > MOST_ITERATIONS:
        yield "and so on; --json has more"


_PHASES = {"update": "weights ", "forward": "forward ", "backward": "backward ", "loss": "", "step": "steps of "}


def _part(step: Step) -> str:
    """The part of an iteration that a step of the journey is in, a key of `_PHASES`."""
    if step.layer is None:
        return "loss"
    return "step" if step.phase == "update" and step.kind == "diff" else step.phase


_NAMELESS = {
    "loss": "the Iteration line's loss",
    "lr": "the learning rate",
    "data": "the norm of all weights",
    "diff": "the norm of all gradients",
}


def _place(step: Step) -> str:
    if step.layer is None:
        return _NAMELESS[step.kind]
    blob = f"[{step.blob}]" if step.blob is not None and step.blob.isdigit() else ""
    return f"{quoted(step.layer)}{blob}"


def _show_plot(plot: Plot, console: Console) -> None:
    cells = "".join(strip.cells for strip in plot.strips)
    marks = [text for mark, text in ((BAD, f"{BAD} NaN or infinite"), (ZERO, f"{ZERO} zero")) if mark in cells]
    low = f"▁ {plot.low:.2g}{' and less' * (plot.low <= SMALLEST)}"
    high = f"█ {plot.high:.2g}{' and more' * (plot.high >= LARGEST)}"
    scale = [low, high] if plot.high else []
    _title(f"{plot.title}: {', '.join([*scale, *marks])}", console)
    for strip in plot.strips:
        row = Text(f"  {_short(strip.label, LABEL):{LABEL}} ")
        ends = f"{strip.first:.2g} → {strip.last:.2g}" if len(strip.cells) > 1 else f"{strip.first:.2g}"
        row.append(strip.cells, style="cyan").append(f" {ends}")
        row.highlight_regex(BAD, "bold red")
        row.highlight_regex(ZERO, "yellow")
        console.print(row, soft_wrap=True)
    if plot.left_out:
        _say(f"({plot.left_out} more are left out)", console)


def _show_layers(layers: LayerTable, console: Console) -> None:
    when = f"at iteration {layers.first}"
    if layers.last != layers.first:
        when += f" → at iteration {layers.last}"
    _title(f"Layers {when}", console)
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    for name in ("layer", "output/input", "step/weight", ""):
        table.add_column(name, overflow="fold")
    rows = layers.rows
    half = MOST_LAYERS // 2
    shown = rows if len(rows) <= MOST_LAYERS else (*rows[:half], *rows[-half:])
    for row in shown:
        name = f"{row.layer}[{row.index}]" if row.index else row.layer
        gain, update = (_ends(ends, layers.first == layers.last) for ends in (row.gain, row.update))
        table.add_row(Text(_short(name, LABEL)), gain, update, Text(remark(row), style="yellow"))
    show_trimmed(Padding(table, (0, 0, 0, 2)), console)
    if len(shown) < len(rows):
        _say(f"({len(rows) - len(shown)} in the middle are left out; --json has all)", console)


def remark(row: LayerRow) -> str:
    """What strikes the eye at the last sound iteration."""
    if row.gain.last == math.inf:
        return "gets only zeros"
    if row.gradient.last == 0:
        return "no gradient"
    if row.update.last > LARGE_STEP:
        return "large steps"
    if row.gradient.last < VANISHED:
        return "vanished"
    return "hardly moves" if row.update.last < SMALL_STEP else ""


def _list(title: str, lines: Sequence[str], console: Console) -> None:
    if lines:
        _title(title, console)
        for line in lines:
            _say(f"- {_full(line)}", console)


def _title(text: str, console: Console) -> None:
    console.print()
    console.print(Text(text, style="bold"))


def _say(text: str, console: Console, indent: int = 2, hanging: int = 2) -> None:
    lines = wrap(
        text,
        max(console.width, 20),
        initial_indent=" " * indent,
        subsequent_indent=" " * (indent + hanging),
        break_long_words=False,
        break_on_hyphens=False,
    )
    for line in lines:
        console.print(line, markup=False, soft_wrap=True)


def _ends(ends: Ends, are_same: bool) -> Text:
    return Text(_number(ends.first) if are_same else f"{_number(ends.first)} → {_number(ends.last)}")


def _number(value: float) -> str:
    return f"{value:.2g}" if math.isfinite(value) else "–"


def _short(name: str, width: int) -> str:
    return name if len(name) <= width else f"{name[: width // 2 - 1]}…{name[-(width - width // 2) :]}"


def _full(text: str) -> str:
    """The text as a sentence; names such as base_lr keep their small letter."""
    whole = text[:1].upper() + text[1:] if text.partition(" ")[0].isalpha() else text
    return whole if whole.endswith((".", "!", "?")) else f"{whole}."
