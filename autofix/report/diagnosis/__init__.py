"""The diagnosis of a training's log, for people and for scripts."""

from autofix.report.diagnosis.facts import Diagnosed, Diagnosis, diagnose

__all__ = ["Diagnosed", "Diagnosis", "diagnose"]
