"""One line of the results: a method on a case, or what plain Caffe makes of a case without any."""

from __future__ import annotations

import os
import resource
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from autofix.caffe import Caffe
from autofix.errors import AutofixError
from autofix.model import Candidate, load
from autofix.search import Outcome, Result, Settings, Trial, mend
from autofix.search.mend import REPORT_SECONDS
from studies.corpus import Case, materialise
from studies.repair import proof
from studies.repair.methods import METHODS
from studies.truth import machine
from studies.truth.records import Record

OURS = "autofix"
ORIGINAL, WRITTEN = "original", "as written"  # methods that are none: trainings by plain Caffe alone
BUDGET = 20


@dataclass(frozen=True)
class Task:
    """What makes a line: its key is unique in the results."""

    case: Case
    method: str
    seed: int = 1

    @property
    def key(self) -> tuple[str, str, int]:
        return self.case.id, self.method, self.seed


@dataclass(frozen=True)
class Bench:
    """What a task needs besides; goes to other processes.

    Args:
        until: ``time.time()`` after which nothing is begun, and what runs is given up.
    """

    caffe: Caffe
    cache: Path
    until: float

    def __call__(self, task: Task) -> Record | None:
        """Do it; None if there is no time."""
        os.environ["OPENBLAS_NUM_THREADS"] = "1"
        if time.time() >= self.until:
            return None
        with tempfile.TemporaryDirectory(prefix="repair-") as name:
            folder = Path(name)
            made = materialise(task.case, folder, self.cache)
            if task.method in (ORIGINAL, WRITTEN):
                found: Record = {"proof": proof.train(folder, made, Candidate(), self.caffe, until=self.until)}
            else:
                outcome, found = self._mended(task, folder)
                if outcome is None:
                    return {**self._head(task), **found}
                if self._cut(outcome):
                    return None
                if outcome.fix is not None and outcome.patch is not None:
                    for path, document in outcome.patch.documents.items():
                        (folder / path.name).write_text(document.text)
                    now = proof.patched(made, folder)
                    seeds = proof.SEEDS if task.method == OURS else proof.SEEDS[:1]
                    found["proof"] = proof.train(folder, now, outcome.fix.candidate, self.caffe, seeds, self.until)
        return {**self._head(task), **found}

    def _cut(self, outcome: Outcome) -> bool:
        """Whether it was the time that ended a search: what it came to says nothing then."""
        late = time.time() >= self.until - REPORT_SECONDS - 1
        return late and outcome.result not in (Result.FIXED, Result.ALREADY_STABLE)

    def _head(self, task: Task) -> Record:
        case = task.case
        return {
            "case": case.id,
            "method": task.method,
            "seed": task.seed,
            "kind": case.kind,
            "net": case.net,
            "half": case.half,
            "caffe": machine.build(self.caffe),
            "processor": machine.processor(),
        }

    def _mended(self, task: Task, folder: Path) -> tuple[Outcome | None, Record]:
        """Search; the cost is in processor time: Caffe's is that of our children, what Autofix took is our own."""
        method = METHODS[task.method]
        settings = method.settings(
            Settings(
                out=folder / "out",
                budget=BUDGET,
                seed=task.seed,
                caffe=self.caffe.path,
                device="cpu",
                timeout=max(1.0, self.until - time.time()),
            )
        )
        before, started = spent(), time.monotonic()
        try:
            training = load(folder / "solver.prototxt", folder)
            outcome = mend(training, settings, lambda _event: None, strategy=method.strategy)
        except AutofixError as error:
            return None, {"result": "refused", "why": str(error)}
        own, caffes = (after - then for after, then in zip(spent(), before, strict=True))
        costs = {"own_cpu": own, "caffe_cpu": caffes, "wall": time.monotonic() - started}
        return outcome, {**_told(outcome), **{name: round(value, 3) for name, value in costs.items()}}


def spent() -> tuple[float, float]:
    """Processor time in seconds: this process's own, and that of its children that have ended."""
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    own, children = (usage.ru_utime + usage.ru_stime for usage in used)
    return own, children


def _told(outcome: Outcome) -> Record:
    """The outcome in numbers and words."""
    found = next((trial for trial in outcome.trials if trial.proved), None)
    kept = outcome.fix or found
    until = outcome.trials[: outcome.trials.index(found) + 1] if found else outcome.trials
    return {
        "result": outcome.result.value,
        "why": outcome.why,
        "trials": len(outcome.trials),
        "iterations": outcome.iterations,
        "trials_to_fix": found.number if found else None,
        "iterations_to_fix": sum(trial.iterations for trial in until) if found else None,
        "knobs": dict(outcome.fix.candidate.knobs) if outcome.fix else {},
        "lines": len(outcome.patch.changes) if outcome.patch else 0,
        "margin": kept.margin.verdict.value if kept and kept.margin else None,
        "path": [_step(trial) for trial in outcome.trials],
    }


def _step(trial: Trial) -> Record:
    proof_held = trial.confirmation.holds if trial.confirmation else None
    return {
        "origin": trial.proposal.origin,
        "why": trial.proposal.why,
        "verdict": trial.verdict.value,
        "told": trial.why,
        "score": round(trial.score, 4),
        "iterations": trial.iterations,
        "confirmed": proof_held,
        "codes": [finding.code for finding in trial.findings],
    }
