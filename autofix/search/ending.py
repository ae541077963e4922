"""What a search came to: its result in a sentence or two, and the trial whose candidate is written."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from autofix.caffe import Caffe, Choice
from autofix.errors import CaffeError
from autofix.health import Finding
from autofix.model import patch
from autofix.search.audit import Audit
from autofix.search.failure import DiedError
from autofix.search.folder import run_name
from autofix.search.outcome import Outcome, Result
from autofix.search.reasons import reasons
from autofix.search.refusal import refusal
from autofix.search.search import OutOfTimeError, Search
from autofix.search.trial import Trial
from autofix.search.words import counted

MORE = "give it more --budget, --probe-iters or --timeout"


@dataclass(frozen=True)
class Ending:
    """How a search ended.

    Args:
        why: one sentence.
        hint: what the user can do about it; may be empty.
        fix: the trial whose candidate is written, or None.
        causes: what lint knows of it, where Caffe refused the training, the likeliest first.
    """

    result: Result
    why: str
    hint: str = ""
    fix: Trial | None = None
    causes: tuple[Finding, ...] | None = None


def end(search: Search, audit: Audit) -> Ending:
    """Search, and tell what it came to."""
    try:
        with _reaping(search):
            search.run(hopeless=bool(audit.problems))
    except KeyboardInterrupt:
        return _interrupted(search)
    except OutOfTimeError as late:
        return Ending(Result.NOT_FIXED, str(late), "give it more --timeout")
    except CaffeError as error:
        if audit.deadly and isinstance(error, DiedError):  # labels out of range index memory that is not theirs
            return Ending(Result.NOT_FIXED, audit.deadly[0], f"(Caffe's own end: {error})")
        return _refused(search, audit, error)
    return _unproved(search, audit) if search.fix is None else _proved(search, search.fix)


@contextmanager
def _reaping(search: Search) -> Iterator[None]:
    """Whatever happens, no training goes on and no trial stays open."""
    try:
        yield
    finally:
        search.bench.prober.cancel.set()
        search.study.give_up()
        search.study.spend(time.monotonic() - search.started)  # a trial that was cut short has taken its time, too


def _refused(search: Search, audit: Audit, error: CaffeError) -> Ending:
    """Caffe failed: of the training as written it is told where in the user's files that lies."""
    if search.trials:
        return Ending(Result.FAILED, str(error), error.hint)
    folder = search.bench.prober.folder / run_name(search.study.next_number)
    told = refusal(search.training, folder, audit.findings, str(error), error.hint)
    return Ending(Result.FAILED, told.why, told.hint, causes=told.findings)


def _proved(search: Search, proved: Trial) -> Ending:
    margin = f"; {proved.margin}" if proved.margin is not None else ""
    why = f"{proved.why}; {proved.confirmation}{margin}"
    if proved.candidate.as_written:
        return Ending(Result.ALREADY_STABLE, why, search.advice)
    return Ending(Result.FIXED, why, search.advice, proved)


def _interrupted(search: Search) -> Ending:
    result, hint, proved = Result.INTERRUPTED, "--resume goes on with it", search.fix
    if proved is None and search.best is not None:
        return Ending(result, _provisional(search.best), hint, search.best)
    if proved is None:
        return Ending(result, f"nothing is proved yet, after {counted(len(search.trials), 'trial')}", hint)
    if proved.candidate.as_written:
        return Ending(result, "the training as written is proved stable, and there is nothing to fix", hint)
    return Ending(result, f"what probe {proved.number} showed is proved and written", hint, proved)


def _unproved(search: Search, audit: Audit) -> Ending:
    if advice := next(iter(audit.problems), search.hopeless_advice):
        return Ending(Result.NOT_FIXED, advice)
    if search.best is not None:
        return Ending(Result.PROVISIONAL, _provisional(search.best), MORE, search.best)
    told = f"; of the training as written is known: {search.trials[0].why}" if len(search.trials) == 1 else ""
    return Ending(Result.NOT_FIXED, f"nothing was proved stable in {counted(len(search.trials), 'trial')}{told}", MORE)


def _provisional(trial: Trial) -> str:
    return f"probe {trial.number} is the best so far, and is written as provisional, without a proof: {trial.why}"


def outcome(ending: Ending, search: Search, caffe: Caffe, choice: Choice, problems: tuple[str, ...]) -> Outcome:
    """Everything that a report needs of a search that has ended."""
    fix, audit = ending.fix, search.bench.prober.audit
    changed = None if fix is None else patch(search.training, fix.candidate, reasons(fix, search.trials))
    return Outcome(
        result=ending.result,
        why=ending.why,
        hint=ending.hint,
        training=search.training,
        settings=search.settings,
        caffe=caffe,
        choice=choice,
        trials=tuple(search.trials),
        unpaid=tuple(test for _, test in search.sweeps.unpaid),
        fix=fix,
        patch=changed,
        problems=problems,
        lint=audit.errors if ending.causes is None else ending.causes,
        stopping=audit.stopping(changed),
        oddities=audit.oddities,
        facts=audit.facts,
        seconds=time.monotonic() - search.started,
    )
