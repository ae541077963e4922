"""The whole way from a solver to an outcome."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from autofix.caffe import (
    Caffe,
    Choice,
    Device,
    LendingRunner,
    ProcessRunner,
    Runner,
    Wish,
    blas_threads,
    choose,
    cores,
    find,
)
from autofix.errors import CaffeError
from autofix.model import Patch, Training, patch
from autofix.search.audit import Audit, audit_data
from autofix.search.bench import Bench
from autofix.search.blockers import schedule_blockers, without_statistics
from autofix.search.events import Listener, Note
from autofix.search.failure import DiedError
from autofix.search.folder import PROBES, prepare
from autofix.search.outcome import Outcome, Result
from autofix.search.probe import Prober
from autofix.search.reasons import reasons
from autofix.search.search import OutOfTimeError, Search, Strategy
from autofix.search.settings import Settings
from autofix.search.study import Adorn, Study, open_study
from autofix.search.trial import Trial

REPORT_SECONDS, REPORT_SHARE = 5.0, 0.1  # at most, and of --timeout, that are kept for writing the report
MORE = "give it more --budget, --probe-iters or --timeout"


def mend(
    training: Training,
    settings: Settings,
    listen: Listener,
    adorn: Adorn | None = None,
    cancel: threading.Event | None = None,
    strategy: Strategy | None = None,
) -> Outcome:
    """Find the first configuration of ``training`` that is proved stable. Writes only below ``settings.out``.

    Args:
        adorn: see `open_study`.
        cancel: set it at any time to interrupt the search in good order.
        strategy: what is tried before the sampler's turn; computed remedies if None.

    Raises:
        CaffeError: Caffe is missing or cannot run this training.
        InputError: a setting makes no sense, or the study cannot be opened.
    """
    begun = time.monotonic()
    caffe = find(settings.caffe)
    wish = Wish(training.solver.wants_gpu, training.solver.root.integer("device_id", 0))
    choice = choose(settings.device, wish, caffe)
    settings = replace(settings, jobs=max(settings.jobs, len(choice.device.gpus)))  # each probe gets one of them
    threads = blas_threads(settings.jobs)
    for text in _introduction(training, settings, caffe, choice, threads):
        listen(Note(text))
    audit, blocked = _looked_at(training, settings), schedule_blockers(training)
    problems = (*blocked, *audit.problems)
    for text in (*audit.notes, *audit.oddities, *problems):
        listen(Note(text))
    study = _open(training, settings, listen, adorn)
    started = begun - study.spent
    runner = LendingRunner(ProcessRunner(caffe), choice.memory)
    prober = replace(
        _prober(training, settings, listen, audit, runner, choice.device, started),
        threads=threads,
        cancel=cancel or threading.Event(),
    )
    search = Search(Bench(prober, settings), study, settings, _input_size(training, audit))
    if strategy is not None:
        search.strategy = strategy
    search.started = started
    result, why, hint = (Result.NOT_FIXED, blocked[0], "") if blocked else _run(search, audit)
    fix = _fix(result, search)
    return Outcome(
        result=result,
        why=why,
        hint=hint,
        training=training,
        settings=settings,
        caffe=caffe,
        choice=choice,
        trials=tuple(search.trials),
        unpaid=tuple(search.unpaid),
        fix=fix,
        patch=_patch(training, search, fix),
        problems=problems,
        oddities=audit.oddities,
        facts=audit.facts,
        seconds=time.monotonic() - started,
    )


def _introduction(
    training: Training, settings: Settings, caffe: Caffe, choice: Choice, threads: int | None
) -> Iterator[str]:
    yield f"Caffe: {caffe} ({caffe.found})"
    yield f"folder: {training.folder} ({training.folder_reason})"
    yield f"device: {choice.device} ({choice.why})"
    if threads is not None and threads < cores() // settings.jobs:
        told = f"{threads} for each Caffe, as other programs are at work on the {cores()} cores"
        yield f"threads: {told} (OPENBLAS_NUM_THREADS changes that)"


def _looked_at(training: Training, settings: Settings) -> Audit:
    """The data, and what makes searching useless."""
    audit = audit_data(training)
    if settings.weights is not None or settings.snapshot is not None:
        return audit
    return replace(audit, problems=(*audit.problems, *without_statistics(training)))


def _open(training: Training, settings: Settings, listen: Listener, adorn: Adorn | None) -> Study:
    """The study and the output folder; a study that lies elsewhere comes first, as it may be refused."""
    study = open_study(settings, adorn) if settings.storage else None
    if moved := prepare(settings):
        listen(Note(f"an earlier result was moved to {moved}"))
    study = study or open_study(settings, adorn)
    study.claim(_fingerprint(training, settings))
    if settings.resume:
        listen(Note(f"going on after {len(study.trials)} trials"))
    return study


def _fingerprint(training: Training, settings: Settings) -> str:
    """Tells this training from any other, and from itself after its files were edited."""
    start = (f"{path}" for path in (settings.weights, settings.snapshot))
    texts = (document.text for document in training.documents.values())
    return hashlib.sha256("\0".join([*start, *texts]).encode()).hexdigest()


def _prober(
    training: Training,
    settings: Settings,
    listen: Listener,
    audit: Audit,
    runner: Runner,
    device: Device,
    started: float,
) -> Prober:
    return Prober(
        training=training,
        audit=audit,
        runner=runner,
        device=device,
        folder=settings.out / PROBES,
        listen=listen,
        weights=settings.weights,
        snapshot=settings.snapshot,
        deadline=None if settings.timeout is None else started + settings.timeout - _last_words(settings.timeout),
    )


def _last_words(timeout: float) -> float:
    """Seconds of the user's time that are kept for the report."""
    return min(REPORT_SECONDS, REPORT_SHARE * timeout)


def _input_size(training: Training, audit: Audit) -> float:
    """Mean |x| of the largest input as the net sees it, from the data set; NaN where that was not read."""
    sizes = [
        max(abs(top.mean), top.std) * data.scale
        for data in training.train.inputs
        for blob in data.features
        if (top := audit.tops.get(blob)) is not None
    ]
    return max(sizes, default=float("nan"))


def _run(search: Search, audit: Audit) -> tuple[Result, str, str]:
    """Search; return the result, one sentence why, and a hint."""
    try:
        with _reaping(search):
            search.run(hopeless=bool(audit.problems))
    except KeyboardInterrupt:
        proved = _fix(Result.INTERRUPTED, search)
        found = f"; what probe {proved.number} showed is proved and written" if proved is not None else ""
        return Result.INTERRUPTED, f"the search was interrupted{found}", "--resume goes on with it"
    except OutOfTimeError as late:
        return Result.NOT_FIXED, str(late), "give it more --timeout"
    except CaffeError as error:
        if audit.deadly and isinstance(error, DiedError):  # labels out of range index memory that is not theirs
            return Result.NOT_FIXED, audit.deadly[0], f"(Caffe's own end: {error})"
        return Result.FAILED, str(error), error.hint
    if search.fix is not None:
        result = Result.ALREADY_STABLE if search.fix.candidate.as_written else Result.FIXED
        margin = f"; {search.fix.margin}" if search.fix.margin is not None else ""
        return result, f"{search.fix.why}; {search.fix.confirmation}{margin}", search.advice
    return _unproved(search, audit)


def _fix(result: Result, search: Search) -> Trial | None:
    """The trial whose candidate is written."""
    if result is Result.PROVISIONAL:
        return search.best
    proved = search.fix if result in (Result.FIXED, Result.INTERRUPTED) else None
    return None if proved is None or proved.candidate.as_written else proved


def _unproved(search: Search, audit: Audit) -> tuple[Result, str, str]:
    if advice := next(iter(audit.problems), search.hopeless_advice):
        return Result.NOT_FIXED, advice, ""
    if search.best is not None:
        return Result.PROVISIONAL, f"probe {search.best.number} is the best so far: {search.best.why}", MORE
    told = f"; of the training as written is known: {search.trials[0].why}" if len(search.trials) == 1 else ""
    count = f"{len(search.trials)} trial{'' if len(search.trials) == 1 else 's'}"
    return Result.NOT_FIXED, f"nothing was proved stable in {count}{told}", MORE


@contextmanager
def _reaping(search: Search) -> Iterator[None]:
    """Whatever happens, no training goes on and no trial stays open."""
    try:
        yield
    finally:
        search.bench.prober.cancel.set()
        search.study.give_up()
        search.study.spend(time.monotonic() - search.started)  # a trial that was cut short has taken its time, too


def _patch(training: Training, search: Search, fix: Trial | None) -> Patch | None:
    return None if fix is None else patch(training, fix.candidate, reasons(fix, search.trials))
