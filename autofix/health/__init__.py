"""What a trace means: checks and their findings, the verdict, the score."""

from autofix.health.check import Check, all_checks, examine
from autofix.health.finding import Evidence, Finding, Remedy, Severity
from autofix.health.gains import Gain, gains, keeping_stds
from autofix.health.score import Score, score
from autofix.health.verdict import Decision, Judge, Verdict
from autofix.health.view import Facts, View

__all__ = [
    "Check",
    "Decision",
    "Evidence",
    "Facts",
    "Finding",
    "Gain",
    "Judge",
    "Remedy",
    "Score",
    "Severity",
    "Verdict",
    "View",
    "all_checks",
    "examine",
    "gains",
    "keeping_stds",
    "score",
]
