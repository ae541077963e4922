"""Ground truth: what becomes of each case of the corpus in a long training by plain Caffe."""

from studies.truth.constant import constant_answer
from studies.truth.records import Record, read
from studies.truth.rule import LABELS, STABLE
from studies.truth.settle import settle
from studies.truth.table import MIXED, by_case, verdict

__all__ = ["LABELS", "MIXED", "STABLE", "Record", "by_case", "constant_answer", "read", "settle", "verdict"]
