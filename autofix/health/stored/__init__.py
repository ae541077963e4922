"""What is wrong with snapshots and data sets as they lie on the disk."""

from autofix.health.stored.damage import DAMAGE
from autofix.health.stored.data import judge_data
from autofix.health.stored.nets import Targets, read_targets
from autofix.health.stored.series import Series, judge_series
from autofix.health.stored.weights import judge_snapshot

__all__ = ["DAMAGE", "Series", "Targets", "judge_data", "judge_series", "judge_snapshot", "read_targets"]
