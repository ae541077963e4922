"""The end of a run, for the terminal: what was wrong, what was changed, what to type next."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from autofix.health import Finding, Severity
from autofix.model import Change
from autofix.report import commands
from autofix.report.facts import Report
from autofix.report.files import DIFF, patch_diff
from autofix.report.pages import HTML
from autofix.report.saying import say, show_trimmed
from autofix.report.words import duration, placed, sentence
from autofix.search import Outcome

HEADLINES = {
    "fixed": ("Fixed.", "bold green"),
    "already-stable": ("Nothing to fix.", "bold green"),
    "provisional": ("Not proved.", "bold yellow"),
    "not-fixed": ("Not fixed.", "bold red"),
    "interrupted": ("Interrupted.", "bold yellow"),
    "failed": ("Caffe failed.", "bold red"),
}
COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.INFO: "cyan"}
DIFF_COLOURS = (("--- ", "bold"), ("+++ ", "bold"), ("@@", "cyan"), ("-", "red"), ("+", "green"))
MOST_LINES = 80  # of a diff; the rest is in the file
MOST_FIELDS = 2  # that are named for one reason
NARROW = 60  # columns, below which a table has no room


def show(outcome: Outcome, report: Report, console: Console) -> None:
    """Print the summary of a run."""
    wrong = (*report.lint, *(report.baseline.findings if report.baseline is not None else ()))
    if wrong and report.verdict != "already-stable":
        console.print(Text("What is wrong as written", style="bold"))
        _show_findings(wrong, console)
        console.print()
    if report.fix is not None and outcome.patch is not None:
        console.print(Text("What was changed, and why", style="bold"))
        for what, why in _reasons(outcome.patch.changes):
            say(f"{what}: {sentence(why)}", console, hanging=2)
        _show_diff(patch_diff(outcome.training, outcome.patch), console)
        console.print()
    stops = outcome.stopping and report.verdict == "already-stable"
    headline, style = ("Stable, but `caffe train` stops.", "bold red") if stops else HEADLINES[report.verdict]
    show_trimmed(Text.assemble((headline, style), " ", sentence(report.why)), console)
    for text in filter(None, (report.hint, *(note for note in report.notes if note != report.why))):
        show_trimmed(Text(sentence(text)), console)
    console.print(Text(_cost(report), style="dim"))
    console.print()
    for name, what in _next_steps(outcome, report):
        console.print(f"{name:<11} {what}", soft_wrap=True, markup=False)


def _reasons(changes: Sequence[Change]) -> Iterator[tuple[str, str]]:
    """Each reason once, behind the fields that were changed for it."""
    for why in dict.fromkeys(change.why for change in changes):
        fields = list(dict.fromkeys(change.field for change in changes if change.why == why))
        more = f" and {len(fields) - MOST_FIELDS} more" if len(fields) > MOST_FIELDS else ""
        yield f"{', '.join(fields[:MOST_FIELDS])}{more}", why


def _show_findings(findings: Sequence[Finding], console: Console) -> None:
    """A table; on a narrow terminal a list."""
    if console.width < NARROW:
        for finding in findings:
            console.print(_head(finding).append(f"  {finding.layer}", style="bold"))
            say(_what(finding), console, indent=2)
        return
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold", max_width=24, style="bold")
    table.add_column(overflow="fold", ratio=1)
    for finding in findings:
        table.add_row(_head(finding), Text(finding.layer), Text(_what(finding)))
    show_trimmed(table, console)


def _head(finding: Finding) -> Text:
    return Text(f"  {finding.severity.value} {finding.code}", style=COLOURS[finding.severity])


def _what(finding: Finding) -> str:
    """What was seen and, of what lint sees, what to do; what a search can mend is told with the fix."""
    if not finding.file:
        return f"{sentence(finding.title)} {finding.explanation}"
    return f"{placed(finding)} {sentence(finding.remedy.advice)}" if finding.remedy is not None else placed(finding)


def _show_diff(diff: str, console: Console) -> None:
    lines = diff.rstrip("\n").split("\n")
    for line in lines[:MOST_LINES]:
        style = next((style for start, style in DIFF_COLOURS if line.startswith(start)), "")
        console.print(Text(f"  {line.rstrip(chr(13))}", style=style), soft_wrap=True)
    if len(lines) > MOST_LINES:
        console.print(Text(f"  ({len(lines) - MOST_LINES} more lines are in {DIFF})", style="dim"))


def _cost(report: Report) -> str:
    trials = f"{report.trials_used} of {report.budget} trials"
    return f"{trials}, {report.iterations_run:,} iterations of Caffe, {duration(report.seconds)}"


def _next_steps(outcome: Outcome, report: Report) -> Iterator[tuple[str, str]]:
    """What there is now, as a name and a path or a command to type."""
    out = outcome.settings.out
    if outcome.patch is not None:
        yield "the diff:", commands.here(out / DIFF)
        yield "apply it:", commands.apply(outcome, commands.here)
        yield "train:", commands.train(outcome, commands.here)
        if outcome.training.solver.wants_gpu and not outcome.choice.device.gpus:
            yield "on a CPU:", "write solver_mode: CPU in that solver first; Autofix leaves the mode as it is"
    yield "the report:", commands.here(out / HTML)
    yield "the study:", commands.dashboard(outcome, commands.here)
    if report.verdict in ("provisional", "not-fixed", "interrupted") and not outcome.problems:
        yield "go on:", commands.resume(outcome, commands.here)
