"""What is seen while a search runs: one line per trial, and a bar with iterations and the live loss."""

from __future__ import annotations

import sys
import threading
from typing import Any

from tqdm import tqdm

from autofix.search import Event, IterationSeen, Note, RunEnded, RunStarted, TrialEnded, TrialStarted


class Progress:
    """Listens to a search and tells about it on standard error."""

    def __init__(self, quiet: bool = False) -> None:
        self._quiet = quiet
        self._barless = not sys.stderr.isatty()  # a bar in a file is noise
        self._bars: dict[str, tqdm[Any]] = {}
        self._lock = threading.Lock()  # confirmations may run in threads

    def __call__(self, event: Event) -> None:
        """Show ``event``."""
        if self._quiet:
            return
        with self._lock:
            self._show(event)

    def _show(self, event: Event) -> None:
        match event:
            case Note(text):
                self._say(text)
            case TrialStarted(number, proposal):
                self._say(f"probe {number}: {proposal.why}")
            case RunStarted(name, cap):
                self._bars[name] = tqdm(
                    total=cap, desc=name, unit="it", leave=False, dynamic_ncols=True, disable=self._barless
                )
            case IterationSeen(name, _, loss):
                self._bars[name].set_postfix_str(f"loss {loss:.4g}", refresh=False)
                self._bars[name].update()
            case RunEnded(name, _):
                self._bars.pop(name).close()
            case TrialEnded(trial):
                proof = " and confirmed" if trial.proved else ""
                cost = f"[{trial.iterations} iterations, {trial.seconds:.1f} s]"
                self._say(f"  -> {trial.verdict.value}{proof}: {trial.why} {cost}")

    @staticmethod
    def _say(text: str) -> None:
        tqdm.write(text, file=sys.stderr)
