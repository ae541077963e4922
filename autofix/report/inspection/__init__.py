"""What ``autofix inspect`` tells of snapshots and data sets."""

from autofix.report.inspection.facts import Inspection
from autofix.report.inspection.reading import Reading, inspect, to_facts

__all__ = ["Inspection", "Reading", "inspect", "to_facts"]
