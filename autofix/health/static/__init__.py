"""What the prototxts, and the data where it can be read, tell of a training before Caffe runs."""

from autofix.health.static.lint import all_rules, examined, lint
from autofix.health.static.rule import Rule
from autofix.health.static.subject import Subject, look

__all__ = ["Rule", "Subject", "all_rules", "examined", "lint", "look"]
