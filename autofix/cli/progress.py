"""What is seen while a search runs: a line or two per trial and, on a terminal, bars with iterations and live loss."""

from __future__ import annotations

import sys
import threading
import time
from types import TracebackType
from typing import Any

from tqdm import tqdm

from autofix.search import Event, IterationSeen, Note, RunEnded, RunStarted, TrialEnded, TrialStarted

PATIENCE = 30.0  # seconds between signs of life where no bar is shown
TRIALS_BAR = "{desc} {n_fmt} of {total_fmt} done |{bar}| {elapsed}"
RUN_BAR = "{desc}: {n_fmt}/{total_fmt}{postfix} |{bar}| {rate_fmt}"  # the loss first: 60 columns are enough


class Progress:
    """Listens to a search and tells about it on standard error; plain lines where that is no terminal."""

    def __init__(self, budget: int, quiet: bool = False) -> None:
        self._budget, self._quiet = budget, quiet
        self._with_bars = sys.stderr.isatty() and not quiet
        self._trials: tqdm[Any] | None = None
        self._runs: dict[str, tqdm[Any]] = {}
        self._caps: dict[str, int] = {}
        self._spoke = time.monotonic()
        self._lock = threading.Lock()  # confirmations may run in threads

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take the bars away, so that what is printed next has the screen for itself."""
        for bar in (*self._runs.values(), *([self._trials] if self._trials is not None else [])):
            bar.close()

    def __call__(self, event: Event) -> None:
        """Show ``event``."""
        if not self._quiet:
            with self._lock:
                self._show(event)

    def _show(self, event: Event) -> None:
        match event:
            case Note(text):
                self._say(text)
            case TrialStarted(number, proposal):
                self._say(f"trial {number}: {proposal.why}")
                self._count(number)
            case RunStarted(name, cap):
                self._caps[name] = cap
                if self._with_bars:
                    self._runs[name] = self._bar(cap, f"  probe {name}", RUN_BAR)
            case IterationSeen(name, count, loss):
                self._advance(name, count, loss)
            case RunEnded(name, _):
                if bar := self._runs.pop(name, None):
                    bar.close()
            case TrialEnded(trial):
                proof = " and confirmed" if trial.proved else ""
                cost = f"[{trial.iterations} iterations, {trial.seconds:.1f} s]"
                self._say(f"  -> {trial.verdict.value}{proof}: {trial.why} {cost}")
                self._count(trial.number + 1)

    def _count(self, trials: int) -> None:
        """Move the bar of trials."""
        if self._with_bars:
            self._trials = self._trials or self._bar(self._budget, "trials", TRIALS_BAR)
            self._trials.update(trials - self._trials.n)

    def _advance(self, name: str, count: int, loss: float) -> None:
        if bar := self._runs.get(name):
            bar.set_postfix_str(f"loss {loss:.4g}", refresh=False)
            bar.update(count - bar.n)
        elif time.monotonic() - self._spoke > PATIENCE:
            self._say(f"  probe {name}: {count} of at most {self._caps[name]} iterations, loss {loss:.4g}")

    def _say(self, text: str) -> None:
        self._spoke = time.monotonic()
        tqdm.write(text, file=sys.stderr)

    @staticmethod
    def _bar(total: int, name: str, form: str) -> tqdm[Any]:
        return tqdm(total=total, desc=name, bar_format=form, unit="it", leave=False, dynamic_ncols=True)
