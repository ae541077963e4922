"""What is seen while a search runs: a line or two per trial and, on a terminal, bars with iterations and live loss."""

from __future__ import annotations

import os
import re
import sys
import threading
import time
from types import TracebackType
from typing import Any

import click
from tqdm import tqdm

from autofix.health import Verdict
from autofix.report.words import duration
from autofix.search import Event, IterationSeen, Note, RunEnded, RunStarted, RunTakenUp, Trial, TrialEnded, TrialStarted

PATIENCE = 30.0  # seconds between signs of life where no bar is shown
TRIALS_BAR = "{desc} {n_fmt} of {total_fmt} done |{bar}| {elapsed}"
RUN_BAR = "{desc}: {n_fmt}/{total_fmt}{postfix} |{bar}| at most {remaining}"  # the loss first: 60 columns are enough
LONGER_BAR = "{desc}: {n_fmt} iterations{postfix}, not decided yet"  # where it takes more than usual
COLOURS = {Verdict.STABLE: "green", Verdict.INCONCLUSIVE: "yellow", Verdict.NOT_LEARNING: "yellow"}  # else red
KINDS = {"faster": "with a larger base_lr", "rates": "range test of base_lr", "long": "once more, longer"}
_NAME = re.compile(r"(?P<number>\d+)(?:-(?P<kind>faster|rates|long))?(?:-seed(?P<seed>\d+))?")


def spoken(name: str) -> str:
    """Return the name of a run in words: "trial 1, seed 2" for ``001-seed2``."""
    found = _NAME.fullmatch(name)
    if found is None:
        return name
    more = [KINDS[found["kind"]]] if found["kind"] else []
    more += [f"seed {found['seed']}"] if found["seed"] else []
    return ", ".join([f"trial {int(found['number'])}", *more])


class Progress:
    """Listens to a search and tells about it on standard error; plain lines where that is no terminal."""

    def __init__(self, budget: int, quiet: bool = False) -> None:
        self._budget, self._quiet = budget, quiet
        self._with_bars = sys.stderr.isatty() and not quiet
        self._with_colour = self._with_bars and not os.environ.get("NO_COLOR")
        self._trials: tqdm[Any] | None = None
        self._runs: dict[str, tqdm[Any]] = {}
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
            case RunStarted(name, usual):
                if self._with_bars:
                    self._runs[name] = self._bar(usual, f"  {spoken(name)}", RUN_BAR)
            case IterationSeen(name, count, loss):
                self._advance(name, count, loss)
            case RunEnded(name, _):
                if bar := self._runs.pop(name, None):
                    bar.close()
            case RunTakenUp(name, iterations, verdict):
                self._say(f"  {spoken(name)}: kept from before, {verdict.value} after {iterations:,} iterations")
            case TrialEnded(trial):
                self._say(self._result(trial))
                self._count(trial.number + 1)

    def _result(self, trial: Trial) -> str:
        """The verdict on a trial and its reason, in one line."""
        verdict = f"{trial.verdict.value}{' and confirmed' if trial.proved else ''}"
        if self._with_colour:
            verdict = click.style(verdict, fg=COLOURS.get(trial.verdict, "red"), bold=True)
        cost = f"[{trial.iterations:,} iterations, {duration(trial.seconds)}]"
        return f"  -> {verdict}: {trial.why} {cost}"

    def _count(self, trials: int) -> None:
        """Move the bar of trials."""
        if self._with_bars:
            self._trials = self._trials or self._bar(self._budget, "trials", TRIALS_BAR)
            self._trials.update(trials - self._trials.n)

    def _advance(self, name: str, count: int, loss: float) -> None:
        if bar := self._runs.get(name):
            bar.set_postfix_str(f"loss {loss:.4g}", refresh=False)
            if bar.total and bar.n >= bar.total:
                bar.bar_format = LONGER_BAR
            bar.update()
        elif time.monotonic() - self._spoke > PATIENCE:
            self._say(f"  {spoken(name)}: {count:,} iterations so far, loss {loss:.4g}")

    def _say(self, text: str) -> None:
        self._spoke = time.monotonic()
        tqdm.write(text, file=sys.stderr)

    @staticmethod
    def _bar(total: int, name: str, form: str) -> tqdm[Any]:
        return tqdm(total=total, desc=name, bar_format=form, unit="it", leave=False, dynamic_ncols=True)
