"""The learning rate range tests of one search, and what they cost until a trial has paid for them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from autofix.model import Candidate
from autofix.search.bench import Bench
from autofix.search.events import Note
from autofix.search.range_test import sweep
from autofix.search.trial import RangeTest, Trial


@dataclass
class Sweeps:
    """Runs a range test where one is asked for, once for each candidate.

    Attributes:
        unpaid: those that were run since the last trial ended, each with what it is about.
    """

    bench: Bench
    unpaid: list[tuple[Candidate, RangeTest]] = field(default_factory=list)
    _known: dict[Candidate, RangeTest] = field(default_factory=dict)

    def recall(self, trials: Iterable[Trial]) -> None:
        """Take up those that led to earlier trials."""
        self._known.update(pair for trial in trials for pair in trial.range_tests)

    def of(self, trial: Trial) -> RangeTest | None:
        """The range test of a trial's candidate, its base_lr aside; run if need be, None if it cannot be run."""
        candidate = trial.besides_rate
        if candidate not in self._known and self._can_run(trial):
            prober = self.bench.prober
            told = "which learning rates does the net take? A range test goes through them"
            prober.listen(Note(f"  {told}, after probe {trial.number}"))
            base_lr = trial.candidate.base_lr or prober.training.solver.base_lr
            test = self.bench.range_test(candidate, trial.number, sweep(base_lr, trial.first_update))
            self.unpaid.append((candidate, test))
            if test.finished:  # what one that was cut short did not see tells nothing
                self._known[candidate] = test
        return self._known.get(candidate)

    def pay(self) -> tuple[tuple[Candidate, RangeTest], ...]:
        """Hand over those that are unpaid, to the trial that they led to."""
        paid, self.unpaid = tuple(self.unpaid), []
        return paid

    def _can_run(self, trial: Trial) -> bool:
        wanted = self.bench.settings.range_tests and self.bench.prober.snapshot is None
        return wanted and self.bench.time_left > 0 and trial.first_update is not None
