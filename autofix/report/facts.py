"""The report as frozen values: the fields of report.json, gathered from an outcome. Ink comes later."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from autofix.errors import AutofixError
from autofix.health import Finding, Verdict
from autofix.model import Change, Patch, Training, patched_files, relinked
from autofix.report.notes import notes
from autofix.search import Outcome, Result, Settings, Trial

SCHEMA = 1


@dataclass(frozen=True)
class ChangeFacts:
    """One change of the fix: ``before`` is empty where something was added."""

    file: str
    field: str
    before: str
    after: str
    why: str


@dataclass(frozen=True)
class ConfirmationFacts:
    """The proof: one entry for each seed."""

    seeds: tuple[int, ...]
    iterations: tuple[int, ...]
    verdicts: tuple[Verdict, ...]


@dataclass(frozen=True)
class MarginFacts:
    """What became of the fix at ``factor`` times its base_lr, or at what its schedule makes of it if that is more."""

    factor: float
    iterations: int
    verdict: Verdict
    why: str


@dataclass(frozen=True)
class FixFacts:
    """What was written.

    Args:
        files: relative to the folder Caffe is started from, where they can be.
        provisional: its proof is missing, though nothing speaks against it.
    """

    params: Mapping[str, float]
    changes: tuple[ChangeFacts, ...]
    files: tuple[str, ...]
    confirmation: ConfirmationFacts | None
    margin: MarginFacts | None = None
    provisional: bool = False


@dataclass(frozen=True)
class BaselineFacts:
    """The training as written."""

    verdict: Verdict
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class StudyFacts:
    """Where the study is, for optuna-dashboard."""

    storage: str
    name: str


@dataclass(frozen=True)
class TrialFacts:
    """One trial; ``seconds`` and ``iterations`` are Caffe's, its confirmation included."""

    number: int
    params: Mapping[str, float]
    origin: str
    why: str
    verdict: Verdict
    reason: str
    score: float
    iterations: int
    seconds: float
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class Report:
    """Everything there is to say about one run of ``autofix fix``; `docs/report.md` explains each field."""

    schema: int
    verdict: str
    why: str
    hint: str
    solver: str
    net: str
    folder: str
    device: str | None
    caffe: str
    seed: int
    budget: int
    trials_used: int
    iterations_run: int
    caffe_seconds: float
    seconds: float
    baseline: BaselineFacts | None
    fix: FixFacts | None
    study: StudyFacts
    trials: tuple[TrialFacts, ...]
    notes: tuple[str, ...]
    lint: tuple[Finding, ...]


def report(outcome: Outcome) -> Report:
    """Gather the facts of ``outcome``."""
    training, settings, baseline = outcome.training, outcome.settings, outcome.baseline
    return Report(
        schema=SCHEMA,
        verdict=outcome.result.value,
        why=outcome.why,
        hint=outcome.hint,
        solver=str(training.solver.path),
        net=str(training.net.path or training.solver.path),
        folder=str(training.folder),
        device=str(outcome.choice.device),
        caffe=str(outcome.caffe),
        seed=settings.seed,
        budget=settings.budget,
        trials_used=len(outcome.trials),
        iterations_run=outcome.iterations,
        caffe_seconds=round(outcome.caffe_seconds, 3),
        seconds=round(outcome.seconds, 3),
        baseline=BaselineFacts(baseline.verdict, baseline.findings) if baseline else None,
        fix=_fix(outcome, outcome.fix, outcome.patch) if outcome.fix and outcome.patch else None,
        study=StudyFacts(settings.storage_url, settings.study_name),
        trials=tuple(_trial(trial) for trial in outcome.trials),
        notes=tuple(notes(outcome)),
        lint=outcome.lint,
    )


def not_started(training: Training, settings: Settings, error: AutofixError) -> Report:
    """The report of a run that came to nothing before its first training, for ``error``."""
    return Report(
        schema=SCHEMA,
        verdict=Result.FAILED.value,
        why=str(error),
        hint=error.hint,
        solver=str(training.solver.path),
        net=str(training.net.path or training.solver.path),
        folder=str(training.folder),
        device=None,
        caffe=str(settings.caffe or ""),
        seed=settings.seed,
        budget=settings.budget,
        trials_used=0,
        iterations_run=0,
        caffe_seconds=0.0,
        seconds=0.0,
        baseline=None,
        fix=None,
        study=StudyFacts(settings.storage_url, settings.study_name),
        trials=(),
        notes=(),
        lint=(),
    )


def _fix(outcome: Outcome, fix: Trial, patch: Patch) -> FixFacts:
    training, out, proof, margin = outcome.training, outcome.settings.out, fix.confirmation, fix.margin
    changes = (*patch.changes, *relinked(training, patch, out))
    return FixFacts(
        params=fix.params,
        changes=tuple(_change(change, training.folder) for change in changes),
        files=tuple(_relative(path, training.folder) for path in patched_files(training, patch, out)),
        confirmation=ConfirmationFacts(proof.seeds, proof.iterations, proof.verdicts) if proof else None,
        margin=MarginFacts(margin.factor, margin.iterations, margin.verdict, margin.why) if margin else None,
        provisional=outcome.provisional,
    )


def _change(change: Change, folder: Path) -> ChangeFacts:
    file = f"{_relative(change.file, folder)}:{change.line}"
    return ChangeFacts(file, change.field, change.before, change.after, change.why)


def _trial(trial: Trial) -> TrialFacts:
    return TrialFacts(
        number=trial.number,
        params=trial.params,
        origin=trial.proposal.origin,
        why=trial.proposal.why,
        verdict=trial.verdict,
        reason=trial.why,
        score=trial.score,
        iterations=trial.iterations,
        seconds=round(trial.seconds, 3),
        findings=trial.findings,
    )


def _relative(path: Path, folder: Path) -> str:
    return str(path.relative_to(folder)) if path.is_relative_to(folder) else str(path)
