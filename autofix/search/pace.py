"""How much a probe may cost: what a slow net's iterations are cut down to.

Whether a candidate is any good shows on small batches too, which are noisier and so judge more strictly. A fix is
proved on the real ones.
"""

from __future__ import annotations

from dataclasses import dataclass

from autofix.model import Training
from autofix.search.settings import CONFIRM_ITERS, CONFIRM_LEAST, CONFIRM_SECONDS
from autofix.search.trial import Trial

SLOW, QUICK = 1.0, 0.3  # seconds: an iteration longer than the first is brought to about the second
SMALLEST = 32  # examples in a batch, at least
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
        seconds = baseline.seconds / max(baseline.iterations, 1)
        batch = max((data.batch_size or 0 for data in training.train.inputs if data.batch_field), default=0)
        if seconds <= SLOW or batch <= SMALLEST:
            return cls(seconds)
        share = max(QUICK / seconds, SMALLEST / batch)
        return cls(seconds, share if share < MOST_OF_IT else 1.0)

    def confirm_iters(self, probe_iters: int) -> int:
        """Iterations of a confirmation run, after a probe of ``probe_iters``: fewer where they are slow."""
        affordable = max(CONFIRM_LEAST, int(CONFIRM_SECONDS / max(self.seconds, 1e-6)))
        least = probe_iters if self.batch_share < 1 else 2 * probe_iters
        return max(least, min(CONFIRM_ITERS, affordable))
