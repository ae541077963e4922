"""How much a training may cost: what follows from the time that an iteration takes.

Whether a candidate is any good shows on small batches too, which are noisier and so judge more strictly. The last run
of a proof has the real ones.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field

from autofix.health import Decision, Judge, View, examine
from autofix.model import Training
from autofix.search.settings import (
    CONFIRM_ITERS,
    CONFIRM_LEAST,
    CONFIRM_SECONDS,
    PROBE_ITERS,
    PROBE_SECONDS,
    SLOW_LEAST,
)
from autofix.search.trial import Trial
from autofix.search.watch import Decides

SLOW, QUICK = 1.0, 0.3  # seconds: an iteration longer than the first is brought to about the second
SMALLEST = 32  # examples in a batch, at least
LONGER = 1.25  # times the probe, that each confirmation run lasts at least,
AT_MOST = 2  # unless that is more than so many times the usual: seeds that begin late are waited for all the same
MOST_OF_IT = 0.7  # of the batch; more is not worth the difference


@dataclass(frozen=True, slots=True)
class Pace:
    """What an iteration costs and what follows from it.

    Args:
        seconds: of an iteration with the real batch.
        batch_share: the share of the real batch that probes of changed candidates train on.
    """

    seconds: float
    batch_share: float = 1.0

    @classmethod
    def of(cls, baseline: Trial, training: Training) -> Pace:
        """Return the pace that the training as written showed."""
        seconds = baseline.pace or baseline.seconds / max(baseline.iterations, 1)
        batch = max((data.batch_size or 0 for data in training.train.inputs if data.batch_field), default=0)
        if seconds <= SLOW or batch <= SMALLEST:
            return cls(seconds)
        share = max(QUICK / seconds, SMALLEST / batch)
        return cls(seconds, share if share < MOST_OF_IT else 1.0)

    @property
    def told(self) -> str:
        """What it means for probes on smaller batches, in words."""
        told = f"an iteration takes {self.seconds:.1f} s: probes use {self.batch_share:.0%} of the batch"
        return f"{told}, and so does a proof but for its last run"

    def confirm_iters(self, probe_iters: int, max_iter: int, times: int = 1) -> int:
        """Iterations of a confirmation run, after a probe of ``probe_iters``: fewer where they are slow.

        Args:
            max_iter: of the whole training, of which a proof is a tenth; a run is never longer.
            times: so many times as long as usual.
        """
        wanted = min(CONFIRM_ITERS, max(CONFIRM_LEAST, max_iter // 10 or CONFIRM_ITERS))
        affordable = max(CONFIRM_LEAST, int(CONFIRM_SECONDS / max(self.seconds, 1e-6)))
        longer = probe_iters if self.batch_share < 1 else min(int(LONGER * probe_iters), AT_MOST * wanted)
        run = max(longer, min(wanted * times, affordable))
        return run if max_iter <= 0 else min(run, max_iter)


@dataclass(frozen=True)
class Patient:
    """A judge that waits longer for an answer where iterations are quick, up to its own cap.

    Args:
        judge: its cap is the most iterations.
        soft: iterations after which it waits only while ``seconds`` have not passed.
        start: iterations within which learning has to begin.
        seconds: from the first iteration on.
        most_seconds: after which it does not wait for ``soft`` either, where there is something to change.
    """

    judge: Judge
    soft: int = PROBE_ITERS
    start: int = PROBE_ITERS
    seconds: float = field(default=PROBE_SECONDS, repr=False)  # its repr tells what the log alone decides
    most_seconds: float = field(default=math.inf, repr=False)
    _began: list[float] = field(default_factory=list, init=False, repr=False)  # a copy has a clock of its own

    @property
    def cap(self) -> int:
        """The most iterations."""
        return self.judge.cap

    def decide(self, view: View) -> Decision | None:
        """The judge's verdict; what is known once the time is up."""
        if not self._began:
            self._began.append(time.monotonic())
        found = self.judge.decide(view)
        passed = time.monotonic() - self._began[0]
        hurried = passed >= self.most_seconds and len(view) >= SLOW_LEAST and _to_change(view)
        if found is not None or (len(view) < self.soft and not hurried):
            return found
        late = passed >= self.seconds
        slow = len(view) >= self.start and view.learning.began is None
        return self.judge.conclude(view) if late or slow else None

    def conclude(self, view: View, whole: bool = False) -> Decision:
        """The judge's verdict on a training that ends undecided."""
        return self.judge.conclude(view, whole)


def usual(judge: Decides) -> int:
    """The iterations within which a training is decided unless it is quick and slow to begin."""
    return judge.soft if isinstance(judge, Patient) else judge.cap


def _to_change(view: View) -> bool:
    """Whether a finding tells what to try next."""
    return any(finding.remedy is not None and finding.remedy.changes_something for finding in examine(view))
