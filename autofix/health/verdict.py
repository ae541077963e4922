"""The verdict on a training, reached as early as it is certain."""

from __future__ import annotations

from dataclasses import dataclass, replace

from autofix.health.rulings import (
    BlownUp,
    Collapsed,
    Decision,
    Exploding,
    Multiplying,
    NotFinite,
    Prospects,
    Rule,
    Saturated,
    Silent,
    Stable,
    Still,
    Unbounded,
    Verdict,
)
from autofix.health.view import View

__all__ = ["Decision", "Judge", "Verdict"]


@dataclass(frozen=True)
class Judge:
    """Decides after each iteration: a verdict, or go on.

    The rules run in order of severity; each sees the whole trace so far.

    Args:
        least: iterations without which nothing counts as stable.
        cap: iterations after which the probe ends whatever is known.
        give_up: iterations after which a plateau without any sign of change ends the probe before the cap.
        bad: rules that call a training broken.
        stable: the rule that calls it stable.
        prospects: what is said of it if neither can, and learning has not begun.
    """

    least: int = 25
    cap: int = 300
    give_up: int = 300
    bad: tuple[Rule, ...] = (
        NotFinite(),
        Saturated(),
        Exploding(),
        Multiplying(),
        BlownUp(),
        Unbounded(),
        Collapsed(),
        Silent(),
        Still(),
    )
    stable: Stable = Stable()  # noqa: RUF009 -- frozen
    prospects: Prospects = Prospects()  # noqa: RUF009

    def decide(self, view: View) -> Decision | None:
        """Return the verdict if it is certain by now; at the cap always one."""
        if not len(view):
            return None
        for rule in (*self.bad, replace(self.stable, least=self.least)):
            if decision := rule.decide(view):
                return decision
        hopeless = len(view) >= self.give_up and view.learning.began is None and not self.prospects.moving(view)
        return self.conclude(view) if hopeless or len(view) >= self.cap else None

    def conclude(self, view: View, whole: bool = False) -> Decision:
        """Return a verdict on a training that ends here, undecided so far.

        Args:
            whole: it came to its own end, max_iter, so that there is nothing more to watch.
        """
        if not len(view):
            return Decision(Verdict.INCONCLUSIVE, 0, "no iteration was seen")
        seen, at = view.learning, int(view.trace.iterations[-1])
        if seen.began is None:
            return self.prospects.conclude(view, whole)
        if whole and seen.now < seen.answer:
            return Decision(Verdict.STABLE, at, f"the whole training ran, and the loss came down to {seen.now:.4g}")
        return Decision(Verdict.INCONCLUSIVE, at, self.stable.why_not(view))
