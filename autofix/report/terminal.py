"""The end of a run, for the terminal: what was wrong, what was changed, what to type next."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from autofix.health import Finding
from autofix.report.facts import ChangeFacts, Report
from autofix.report.files import DIFF, diff_root
from autofix.report.pages import HTML
from autofix.search import Outcome

HEADLINES = {
    "fixed": "[bold green]Fixed.[/]",
    "already-stable": "[bold green]Nothing to fix.[/]",
    "provisional": "[bold yellow]Not proved.[/]",
    "not-fixed": "[bold red]Not fixed.[/]",
    "interrupted": "[bold yellow]Interrupted.[/]",
    "failed": "[bold red]Caffe failed.[/]",
}
COLOURS = {"error": "red", "warning": "yellow", "info": "dim"}


def show(outcome: Outcome, report: Report, console: Console) -> None:
    """Print the summary of a run."""
    if report.baseline and report.baseline.findings and report.verdict != "already-stable":
        console.print("[bold]What is wrong as written[/]")
        for finding in report.baseline.findings:
            _show_finding(finding, console)
    if report.fix is not None:
        console.print("[bold]What was changed, and why[/]")
        for why, changes in groupby(report.fix.changes, lambda change: change.why):
            _show_changes(why, list(changes), console)
    console.print(f"{HEADLINES[report.verdict]} {_sentence(report.why)}")
    for text in filter(None, (report.hint, *report.notes)):
        console.print(_sentence(text))
    console.print(_cost(report), style="dim")
    for name, what in _next_steps(outcome):
        console.print(f"{name:<11} {what}", soft_wrap=True, markup=False)


def _show_finding(finding: Finding, console: Console) -> None:
    severity = finding.severity.value
    layer = f", layer {finding.layer}" if finding.layer else ""
    console.print(f"  [{COLOURS[severity]}]{severity} {finding.code}[/]{escape(layer)}: {escape(finding.title)}")
    console.print(Padding(escape(finding.explanation), (0, 0, 0, 4), expand=False))


def _show_changes(why: str, changes: list[ChangeFacts], console: Console) -> None:
    console.print(Padding(_sentence(why), (0, 0, 0, 2), expand=False))
    table = Table.grid(padding=(0, 2), pad_edge=False)
    table.add_column(overflow="fold")
    table.add_column(overflow="fold")
    for change in changes:
        value = f"{change.before} → {change.after}" if change.before else f"+ {change.after}"
        table.add_row(escape(change.file), escape(f"{change.field}: {value}"))
    console.print(Padding(table, (0, 0, 0, 4), expand=False))


def _cost(report: Report) -> str:
    trials = f"{report.trials_used} of {report.budget} trials"
    return f"{trials}, {report.iterations_run} iterations of Caffe, {report.seconds:.0f} s"


def _next_steps(outcome: Outcome) -> Iterator[tuple[str, str]]:
    """What there is now, as a name and a path or a command to type."""
    training, out = outcome.training, outcome.settings.out
    if outcome.patch is not None:
        diff, root = out / DIFF, diff_root(training, outcome.patch)
        yield "the diff:", _shown(diff)
        yield "apply it:", _there(root, f"patch -p1 < {_from(root, diff)}")
        solver = _from(training.folder, out / training.solver.path.name)
        yield "train:", _there(training.folder, f"caffe train --solver={solver}")
    yield "the report:", _shown(out / HTML)
    yield "the study:", f"autofix dashboard {_shown(out)}"


def _there(folder: Path, command: str) -> str:
    """``command``, as typed from the current folder when it has to run in ``folder``."""
    return command if folder == Path.cwd() else f"cd {_shown(folder)} && {command}"


def _shown(path: Path) -> str:
    """``path`` as typed from the current folder, absolute where it does not lie below."""
    relative = os.path.relpath(path)
    return shlex.quote(str(path) if relative.startswith("..") else relative)


def _from(folder: Path, path: Path) -> str:
    return shlex.quote(os.path.relpath(path, folder))


def _sentence(text: str) -> str:
    """``text`` with a full stop and, unless it starts with a name such as base_lr, a capital; safe to print."""
    whole = text[:1].upper() + text[1:] if text.partition(" ")[0].isalpha() else text
    return escape(whole if whole.endswith((".", "!", "?")) else f"{whole}.")
