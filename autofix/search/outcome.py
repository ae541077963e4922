"""What a whole search came to."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from autofix.caffe import Caffe, Choice
from autofix.health import Facts, Finding
from autofix.model import Patch, Training
from autofix.search.settings import Settings
from autofix.search.trial import RangeTest, Trial


class Result(str, Enum):
    """The search's own verdict."""

    FIXED = "fixed"
    ALREADY_STABLE = "already-stable"
    PROVISIONAL = "provisional"  # nothing speaks against it, but the proof is missing
    NOT_FIXED = "not-fixed"
    FAILED = "failed"  # Caffe cannot run this training
    INTERRUPTED = "interrupted"


@dataclass(frozen=True, eq=False)
class Outcome:
    """Everything a report needs.

    Args:
        result: see `Result`.
        why: one sentence.
        hint: what the user can do about it; may be empty.
        trials: oldest first; the first is the training as written.
        unpaid: range tests whose cost is in none of the trials.
        fix: the trial whose candidate is written, or None.
        patch: its edits, with their reasons; None without a fix.
        problems: what no setting can mend.
        oddities: of the data, that a person should look at.
        lint: errors in the files as written, but for the data of TEST; the likely cause first where Caffe refused them.
        stopping: for what Caffe stops in the files as they are to be trained: a probe leaves tests out and may not.
        facts: what is known of the data.
        seconds: of everything, Caffe included.
    """

    result: Result
    why: str
    hint: str
    training: Training
    settings: Settings
    caffe: Caffe
    choice: Choice
    trials: tuple[Trial, ...]
    unpaid: tuple[RangeTest, ...]
    fix: Trial | None
    patch: Patch | None
    problems: tuple[str, ...]
    oddities: tuple[str, ...]
    lint: tuple[Finding, ...]
    stopping: tuple[Finding, ...]
    facts: Facts
    seconds: float

    @property
    def provisional(self) -> bool:
        """Whether what is written lacks its proof, though nothing speaks against it."""
        return self.fix is not None and not self.fix.proved

    @property
    def iterations(self) -> int:
        """Of Caffe, all trainings together."""
        return sum(trial.iterations for trial in self.trials) + sum(test.iterations for test in self.unpaid)

    @property
    def caffe_seconds(self) -> float:
        """Of Caffe, all trainings together; several may have run at once."""
        return sum(trial.seconds for trial in self.trials) + sum(test.seconds for test in self.unpaid)

    @property
    def baseline(self) -> Trial | None:
        """The training as written, if it came that far."""
        return next((trial for trial in self.trials if trial.candidate.as_written), None)
