"""The end of a run, for the terminal: what was wrong, what was changed, what to type next."""

from __future__ import annotations

import os
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.syntax import Syntax
from rich.table import Table

from autofix.report.facts import Report
from autofix.report.files import DIFF, JSON, patch_diff
from autofix.search import Outcome

HEADLINES = {
    "fixed": "[bold green]Fixed.[/] {why}",
    "already-stable": "[bold green]Nothing to fix.[/] {why}",
    "provisional": "[bold yellow]Not proved.[/] {why}",
    "not-fixed": "[bold red]Not fixed.[/] {why}",
    "interrupted": "[bold yellow]Interrupted.[/] {why}",
    "failed": "[bold red]Caffe failed.[/] {why}",
}


def show(outcome: Outcome, report: Report, console: Console) -> None:
    """Print the summary of a run."""
    if report.baseline and report.baseline.findings and report.verdict != "already-stable":
        console.print(_findings(report))
    if outcome.patch is not None:
        text = patch_diff(outcome.training, outcome.patch)
        console.print(Syntax(text.rstrip("\n"), "diff", theme="ansi_dark", background_color="default"))
        console.print()
    console.print(HEADLINES[report.verdict].format(why=escape(report.why)))
    console.print(_cost(report))
    for note in report.notes:
        console.print(f"[yellow]note:[/] {escape(note)}")
    for line in _next_steps(outcome, report):
        console.print(line, soft_wrap=True, highlight=False)


def _findings(report: Report) -> Table:
    table = Table(title="What was wrong", title_justify="left", show_lines=False, expand=False)
    for column in ("", "where", "what"):
        table.add_column(column, overflow="fold")
    assert report.baseline is not None
    for finding in report.baseline.findings:
        colour = {"error": "red", "warning": "yellow"}.get(finding.severity.value, "dim")
        table.add_row(f"[{colour}]{finding.code}[/]", escape(finding.layer), escape(finding.explanation))
    return table


def _cost(report: Report) -> str:
    trials = f"{report.trials_used} of {report.budget} trials"
    return f"{trials}, {report.iterations_run} iterations of Caffe, {report.seconds:.0f} s"


def _next_steps(outcome: Outcome, report: Report) -> list[str]:
    out, folder = outcome.settings.out, outcome.training.folder
    shown = _shown(out)
    lines = []
    if report.fix is not None:
        solver = os.path.relpath(out / outcome.training.solver.path.name, folder)
        move = "" if folder == Path.cwd() else f"cd {_shown(folder)} && "
        lines += [f"the diff:   {shown}/{DIFF}", f"train:      {move}caffe train --solver={solver}"]
    lines += [f"the report: {shown}/{JSON}", f"the study:  autofix dashboard {shown}"]
    return lines


def _shown(path: Path) -> str:
    relative = os.path.relpath(path)
    return str(path) if relative.startswith("..") else relative
