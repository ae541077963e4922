"""What the judge goes by: each rule looks at a trace so far and decides, or lets it go on."""

from autofix.health.rulings.decision import Decision, Rule, Verdict
from autofix.health.rulings.diverged import SATURATED, BlownUp, Exploding, Multiplying, NotFinite, Saturated, Unbounded
from autofix.health.rulings.lost import Collapsed, Silent, Still
from autofix.health.rulings.stable import Stable
from autofix.health.rulings.undecided import Prospects

__all__ = [
    "SATURATED",
    "BlownUp",
    "Collapsed",
    "Decision",
    "Exploding",
    "Multiplying",
    "NotFinite",
    "Prospects",
    "Rule",
    "Saturated",
    "Silent",
    "Stable",
    "Still",
    "Unbounded",
    "Verdict",
]
