"""One training of one candidate by real Caffe, watched line by line and stopped once it is decided."""

from __future__ import annotations

import math
import re
import signal
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from autofix.caffe import Device, Ended, How, Job, Runner
from autofix.debuginfo import Trace, read_trace
from autofix.health import Decision, Facts, Finding, Score, Verdict, View, examine, score
from autofix.model import Candidate, Patch, ProbeSettings, Training, patch, probe_documents
from autofix.model.probe import SOLVER
from autofix.prototxt import write
from autofix.search.audit import Audit
from autofix.search.events import Listener, RunEnded, RunStarted, RunTakenUp
from autofix.search.failure import OUT_OF_MEMORY, failure
from autofix.search.folder import LOG
from autofix.search.kept import Kept, Ledger, key
from autofix.search.pace import usual
from autofix.search.range_test import Sweep
from autofix.search.watch import Decides, Watch, first

STOPPING = (-signal.SIGINT, -signal.SIGTERM, -signal.SIGHUP)  # return codes of what somebody ended
MOMENT = 0.5  # seconds within which what has ended Caffe ends us, too, as when a machine goes down


@dataclass(frozen=True, eq=False)
class Probe:
    """What one training showed.

    Args:
        judged_to: the iterations it might take, for the score.
        seconds: of Caffe.
        finished: False where the time was up, or the search or Caffe was stopped, before it was decided.
    """

    decision: Decision
    view: View
    findings: tuple[Finding, ...]
    judged_to: int
    seconds: float
    finished: bool = True

    @property
    def trace(self) -> Trace:
        return self.view.trace

    @property
    def verdict(self) -> Verdict:
        return self.decision.verdict

    @property
    def iterations(self) -> int:
        return len(self.trace)

    @property
    def score(self) -> float:
        return self.graded.total

    @property
    def graded(self) -> Score:
        """The score with its parts."""
        return score(self.verdict, self.view, self.judged_to)

    @property
    def losses(self) -> Mapping[int, float]:
        """Loss by iteration, without what is not finite."""
        pairs = zip(self.trace.iterations.tolist(), self.trace.loss.tolist(), strict=True)
        return {iteration: loss for iteration, loss in pairs if math.isfinite(loss)}


@dataclass(frozen=True)
class Prober:
    """Runs candidates of one training; may be shared by threads.

    Args:
        audit: of the data; candidates that scale targets or losses have a constant answer of their own.
        given: tells the Caffe, its data and what it starts from.
        ledger: brings back what an earlier run has run already.
    """

    training: Training
    audit: Audit
    runner: Runner
    device: Device
    folder: Path
    listen: Listener
    weights: Path | None = None
    snapshot: Path | None = None
    given: str = ""
    threads: int | None = None
    deadline: float | None = None
    cancel: threading.Event = field(default_factory=threading.Event)
    ledger: Ledger = field(default_factory=Ledger)

    def run(
        self,
        candidate: Candidate,
        seed: int,
        judge: Decides,
        name: str,
        batch_share: float = 1.0,
        sweep: Sweep | None = None,
    ) -> Probe:
        """Train ``candidate`` until ``judge`` has decided, the search is interrupted or the time is up.

        Args:
            batch_share: what the batches of the training data are multiplied with.
            sweep: rates to go through in place of the solver's.
            name: of the folder under ``probes/`` that takes the prototxts and the log.

        Raises:
            CaffeError: Caffe could not get to its first iteration.
        """
        settings = ProbeSettings(seed=seed, mode="GPU" if self.device.gpus else "CPU", batch_share=batch_share)
        if sweep is not None:
            settings = replace(settings, base_lr=sweep.start, lr_policy="exp", gamma=sweep.gamma)
        changed = patch(self.training, candidate)
        facts = self.audit.facts_of(changed)
        known = self._key(changed, settings, judge, facts)
        kept = self.ledger.take(known, self.folder / name)
        job = self._prepare(changed, name, settings)
        if kept is None:
            return self._train(job, judge, facts, name, known)
        probe = _again(kept, job.log, facts, judge.cap)
        self.listen(RunTakenUp(name, probe.iterations, probe.verdict))
        return probe

    def _train(self, job: Job, judge: Decides, facts: Facts, name: str, known: str) -> Probe:
        """Run a training, and keep it if it comes to its end; ``known`` is its key."""
        self.listen(RunStarted(name, usual(judge)))
        watcher = Watch(facts, judge, self.listen, name)
        try:
            ended = self.runner.run(job, watcher)
        finally:
            self.listen(RunEnded(name, watcher.count))
        view = watcher.close()
        stopped = watcher.decision is None and _stopped(ended, view.trace)
        if watcher.decision is None and (self.cancel.is_set() or (stopped and self.cancel.wait(MOMENT))):
            ended = replace(ended, how=How.CANCELLED)
        cut_short = ended.how in (How.CANCELLED, How.TIMED_OUT)
        if not cut_short and _could_not_run(view.trace):
            raise failure(ended, view.trace, watcher.last_lines)
        decision = watcher.decision or judge.decide(view)
        timed_out = ended.how is How.TIMED_OUT and self._time_is_up
        late = decision is None and (ended.how is How.CANCELLED or timed_out or stopped)
        decision = decision or _undecided(view, judge, ended, late)
        if not late:
            rows = len(view) if watcher.decision is not None else None
            self.ledger.keep(Kept(name, known, decision, rows, ended.seconds), job.log.parent)
        return Probe(decision, view, examine(view), judge.cap, ended.seconds, finished=not late)

    def _key(self, changed: Patch, settings: ProbeSettings, judge: Decides, facts: Facts) -> str:
        """Tells a training from all others, wherever its folder is."""
        texts = (document.text for document in probe_documents(self.training, changed, settings, self.folder).values())
        return key([*texts, repr(facts), repr(judge), self.given])

    @property
    def _time_is_up(self) -> bool:
        return self.deadline is not None and time.monotonic() >= self.deadline

    def _prepare(self, changed: Patch, name: str, settings: ProbeSettings) -> Job:
        """Write the probe's prototxts into its folder."""
        folder = self.folder / name
        folder.mkdir(parents=True, exist_ok=True)
        for path, document in probe_documents(self.training, changed, settings, folder).items():
            write(document, path)
        return Job(
            solver=folder / SOLVER,
            folder=self.training.folder,
            log=folder / LOG,
            device=self.device,
            weights=self.weights,
            snapshot=self.snapshot,
            deadline=self.deadline,
            threads=self.threads,
            cancel=self.cancel,
        )


def _again(kept: Kept, log: Path, facts: Facts, cap: int) -> Probe:
    """What a training showed that an earlier run has run."""
    trace = read_trace(log)
    view = View(facts, trace if kept.rows is None else first(trace, kept.rows))
    return Probe(kept.decision, view, examine(view), cap, kept.seconds)


def _could_not_run(trace: Trace) -> bool:
    """Whether Caffe died so early that it says nothing of the candidate.

    One of its own checks may fail as late as the first update; any other death may come of the numbers as soon as
    there are some. Memory may run out at any time.
    """
    if trace.fatal is not None and re.search(OUT_OF_MEMORY, trace.fatal.message):
        return True
    if trace.fatal is not None and trace.fatal.file:
        return len(trace) <= 1
    return not len(trace) and trace.partial is None


def _stopped(ended: Ended, trace: Trace) -> bool:
    """Whether somebody else has ended Caffe. At SIGINT it stops in good order, as if the training were over."""
    of_itself = ended.how in (How.COMPLETE, How.CRASHED)
    return of_itself and (trace.stopped_early or ended.returncode in STOPPING)


def _undecided(view: View, judge: Decides, ended: Ended, late: bool) -> Decision:
    """The verdict on a training that ended of itself, or was ended, before the judge had decided.

    Args:
        late: the user's time was up, or somebody stopped it.
    """
    last = int(view.trace.iterations[-1]) if len(view) else 0
    if ended.how is How.TIMED_OUT:
        why = "the time was up before anything was decided" if late else "Caffe said nothing more, and was stopped"
        return Decision(Verdict.INCONCLUSIVE, last, why)
    if ended.how is How.CANCELLED:
        return Decision(Verdict.INCONCLUSIVE, last, "it was interrupted")
    if late:
        return Decision(Verdict.INCONCLUSIVE, last, "somebody stopped Caffe")
    if ended.how is How.CRASHED and not view.trace.finished:
        said = view.trace.fatal.message if view.trace.fatal else f"return code {ended.returncode}"
        return Decision(Verdict.FAILED, last, f"Caffe died at iteration {last}: {said}")
    return judge.conclude(view, whole=True)
