"""What the prototxts, and the data where it can be read, tell of a training before Caffe runs."""

from autofix.health.static.lint import all_rules, causes_in, lint, stops_caffe, tells_of_stop
from autofix.health.static.rule import Rule
from autofix.health.static.subject import Subject, look, look_again

__all__ = ["Rule", "Subject", "all_rules", "causes_in", "lint", "look", "look_again", "stops_caffe", "tells_of_stop"]
