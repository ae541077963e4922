"""The search for a fix: space, remedies, study, probes, confirmation, shrinking."""

from autofix.search.events import (
    Event,
    IterationSeen,
    Listener,
    Note,
    RunEnded,
    RunStarted,
    RunTakenUp,
    TrialEnded,
    TrialStarted,
)
from autofix.search.folder import check_folder
from autofix.search.mend import mend
from autofix.search.outcome import Outcome, Result
from autofix.search.settings import Settings
from autofix.search.study import storage_errors
from autofix.search.trial import Confirmation, Proposal, Trial

__all__ = [
    "Confirmation",
    "Event",
    "IterationSeen",
    "Listener",
    "Note",
    "Outcome",
    "Proposal",
    "Result",
    "RunEnded",
    "RunStarted",
    "RunTakenUp",
    "Settings",
    "Trial",
    "TrialEnded",
    "TrialStarted",
    "check_folder",
    "mend",
    "storage_errors",
]
