"""The findings of ``autofix lint``: one line each as compilers print them, or JSON."""

from __future__ import annotations

from dataclasses import dataclass

from rich.console import Console

from autofix.health import Finding, Severity
from autofix.model import Training
from autofix.report.writing import to_json

SCHEMA = 1
COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.INFO: "cyan"}


@dataclass(frozen=True)
class LintReport:
    """What ``autofix lint --json`` prints."""

    schema: int
    solver: str
    findings: tuple[Finding, ...]


def lint_json(training: Training, findings: tuple[Finding, ...]) -> str:
    """Return the findings as strict JSON."""
    return to_json(LintReport(SCHEMA, str(training.solver.path), findings))


def show_lint(findings: tuple[Finding, ...], console: Console) -> None:
    """Print ``file:line: severity CODE what is wrong``, with the remedy below, and a last line that counts them."""
    for finding in findings:
        place = f"{finding.file}:{finding.line}: " if finding.file else ""
        console.print(place, end="", soft_wrap=True, markup=False)
        console.print(
            f"{finding.severity.value} {finding.code} ", end="", style=COLOURS[finding.severity], markup=False
        )
        console.print(finding.explanation, soft_wrap=True, markup=False)
        if finding.remedy is not None:
            console.print(f"    {finding.remedy.advice}", soft_wrap=True, style="dim", markup=False)
    console.print(_count(findings), markup=False)


def _count(findings: tuple[Finding, ...]) -> str:
    counts = [(sum(finding.severity is severity for finding in findings), severity.value) for severity in Severity]
    return ", ".join(f"{count} {word}{'s' * (count > 1)}" for count, word in counts if count) or "Nothing wrong."
