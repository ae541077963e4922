"""Ground truth: what becomes of each case of the corpus in a long training by plain Caffe."""

from studies.truth.constant import constant_answer
from studies.truth.records import Record, read
from studies.truth.rule import LABELS, Truth, judge

__all__ = ["LABELS", "Record", "Truth", "constant_answer", "judge", "read"]
