"""The whole way from a solver to an outcome."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

from autofix.caffe import Caffe, Choice, LendingRunner, ProcessRunner, Wish, blas_threads, choose, cores, find
from autofix.model import Training
from autofix.search.audit import Audit, audit_data
from autofix.search.bench import Bench
from autofix.search.blockers import schedule_blockers
from autofix.search.ending import Ending, end, outcome
from autofix.search.events import Listener, Note
from autofix.search.folder import PROBES, prepared
from autofix.search.kept import Ledger, key
from autofix.search.outcome import Outcome, Result
from autofix.search.probe import Prober
from autofix.search.search import Search, Strategy, computed
from autofix.search.settings import Settings
from autofix.search.sources import sampled_digest, sources
from autofix.search.study import Adorn, Study, open_study
from autofix.search.words import counted

REPORT_SECONDS, REPORT_SHARE = 5.0, 0.1  # at most, and of --timeout, that are kept for writing the report


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
    audit = audit_data(training, given_weights=bool(settings.weights or settings.snapshot))
    blocked = schedule_blockers(training.solver, audit.findings)
    problems = (*blocked, *audit.problems)
    for text in (*audit.notes, *audit.oddities, *problems):
        listen(Note(text))
    files = sources(training, settings)
    with _opened(training, settings, files, listen, adorn) as study:
        started = begun - study.spent
        prober = replace(
            _prober(training, settings, listen, audit, caffe, choice),
            given=key([str(caffe), sampled_digest(caffe.path), *map(str, files.items())]),
            threads=threads,
            deadline=_deadline(settings, started),
            cancel=cancel or threading.Event(),
            ledger=Ledger(study.keep, study.kept),
        )
        size = _input_size(training, audit)
        search = Search(Bench(prober, settings), study, settings, size, strategy or computed, started=started)
        ending = Ending(Result.NOT_FIXED, blocked[0]) if blocked else end(search, audit)
        return outcome(ending, search, caffe, choice, problems)


def _introduction(
    training: Training, settings: Settings, caffe: Caffe, choice: Choice, threads: int | None
) -> Iterator[str]:
    yield f"Caffe: {caffe} ({caffe.found})"
    yield f"folder: {training.folder} ({training.folder_reason})"
    yield f"device: {choice.device} ({choice.why})"
    if threads is not None and threads < cores() // settings.jobs:
        told = f"{threads} for each Caffe, as other programs are at work on the {cores()} cores"
        yield f"threads: {told} (OPENBLAS_NUM_THREADS changes that)"


@contextmanager
def _opened(
    training: Training, settings: Settings, files: Mapping[str, str], listen: Listener, adorn: Adorn | None
) -> Iterator[Study]:
    """The study and the output folder; a new study elsewhere comes first, as there may be one of that name.

    Args:
        files: what tells those that the training reads.
    """
    study = open_study(settings, adorn) if settings.storage and not settings.resume else None
    with prepared(settings) as moved:
        if moved:
            listen(Note(f"an earlier result was moved to {moved}"))
        study = study or open_study(settings, adorn)
        study.claim(_fingerprint(training, settings), files)
        if settings.resume:
            listen(Note(f"going on after {counted(sum(trial.finished for trial in study.trials), 'trial')}"))
        yield study


def _fingerprint(training: Training, settings: Settings) -> str:
    """Tells this training from any other, and from itself after its files were edited."""
    start = (f"{path}" for path in (settings.weights, settings.snapshot))
    texts = (document.text for document in training.documents.values())
    return key([*start, *texts])


def _prober(
    training: Training, settings: Settings, listen: Listener, audit: Audit, caffe: Caffe, choice: Choice
) -> Prober:
    return Prober(
        training=training,
        audit=audit,
        runner=LendingRunner(ProcessRunner(caffe), choice.memory),
        device=choice.device,
        folder=settings.out / PROBES,
        listen=listen,
        weights=settings.weights,
        snapshot=settings.snapshot,
    )


def _deadline(settings: Settings, started: float) -> float | None:
    """``time.monotonic()`` at which the search has to end, so that there is time for the report; or None."""
    if settings.timeout is None:
        return None
    return started + settings.timeout - min(REPORT_SECONDS, REPORT_SHARE * settings.timeout)


def _input_size(training: Training, audit: Audit) -> float:
    """Mean |x| of the largest input as the net sees it, from the data set; NaN where that was not read."""
    sizes = [
        max(abs(top.mean), top.std) * data.scale
        for data in training.train.inputs
        for blob in data.features
        if (top := audit.tops.get(blob)) is not None
    ]
    return max(sizes, default=float("nan"))
