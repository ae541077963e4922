"""The diagnosis of a training's log, for people and for scripts."""

from autofix.report.diagnosis.facts import Diagnosed, Diagnosis, diagnose
from autofix.report.diagnosis.judging import judge_run
from autofix.report.diagnosis.terminal import show_diagnosis, show_finding

__all__ = ["Diagnosed", "Diagnosis", "diagnose", "judge_run", "show_diagnosis", "show_finding"]
