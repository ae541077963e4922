"""The diagnosis of a training's log, for people and for scripts."""

from autofix.report.diagnosis.facts import Diagnosed, Diagnosis, diagnose
from autofix.report.diagnosis.judging import judge_run

__all__ = ["Diagnosed", "Diagnosis", "diagnose", "judge_run"]
