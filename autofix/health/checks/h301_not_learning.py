"""H301: a loss that does not go below the constant answer."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from autofix.debuginfo import quoted
from autofix.health.check import Check
from autofix.health.finding import Evidence, Finding, Remedy, Severity
from autofix.health.learning import Learning
from autofix.health.rates import largest_update, of_size
from autofix.health.view import View


class NotLearning(Check):
    """The loss is no better than that of a net which ignores its input.

    Sick: for ``patience`` iterations the loss has not gone below the constant answer.
    Well: it has.
    """

    code = "H301"
    title = "not learning yet"
    severity = Severity.ERROR
    patience: int = 50  # iterations; more than half of the sound trainings of studies/ for thresholds begin by then
    bolder: float = 5.0  # factor on base_lr that is tried; twice in a row it is more than a power of ten
    room: float = 0.1  # of the weight an iteration, which the largest update must not pass then; as check H203 has it

    def examine(self, view: View) -> Iterator[Finding]:
        """Yield the loss beside the constant answer."""
        if len(view) < self.patience or not np.isfinite(view.loss).all():
            return
        seen = view.learning
        if seen.began is not None or (view.pretrained and not seen.known):
            return
        yield self.finding(
            f"After {len(view)} iterations the loss is {seen.now:.4g}; {_beside(seen)}.",
            iteration=int(view.trace.iterations[-1]),
            evidence=(Evidence("loss", seen.now), Evidence("constant answer", seen.answer)),
            remedy=self._remedy(view),
        )

    def _remedy(self, view: View) -> Remedy | None:
        """A larger base_lr where the steps leave room for it; other checks know more where they do not."""
        found = largest_update(view)
        if found is None or not 0 < found.share * self.bolder <= self.room:
            return None
        because = f"the largest step so far changes the weights of {quoted(found.layer)} by {of_size(found.share)}"
        return Remedy(f"raise base_lr {self.bolder:g}-fold: {because}", base_lr_factor=self.bolder)


def _beside(seen: Learning) -> str:
    if not seen.known:
        return "it has not halved" if seen.now > seen.answer else "that it has halved may be the noise of the batches"
    told = f"always giving the constant answer costs {seen.answer:.4g}"
    return told if seen.now >= seen.answer else f"{told}, and the difference may be the noise of the batches"
