"""Everything a page shows beside report.json: what the logs tell, the diff, the commands. Facts, no ink."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from autofix.errors import InputError
from autofix.health import Facts, Verdict
from autofix.report import commands
from autofix.report.facts import ChangeFacts, Report
from autofix.report.layers import LayerFacts, compare
from autofix.report.runs import RunFacts, read_run
from autofix.report.sides import FileSides, sides
from autofix.report.unneeded import label, unneeded
from autofix.search import Outcome, Trial
from autofix.search.folder import LOG, PROBES, run_name


@dataclass(frozen=True, slots=True)
class Proof:
    """One confirmation run."""

    seed: int
    iterations: int
    verdict: Verdict
    why: str


@dataclass(frozen=True, slots=True)
class Step:
    """What can be done next, and what to type for it."""

    what: str
    command: str


@dataclass(frozen=True, eq=False, slots=True)
class Page:
    """The facts of report.html and report.md.

    Args:
        title: the solver's file name.
        before, after: the probes of the training as written and of the fix; None where there is none.
        confirmations: the confirmation runs of the fix or, if it needs none, of the training as written.
        proofs: what came of them.
        margin: what came of it at a larger base_lr; empty where that was not tried.
        fix: the number of the trial that was written, or None.
        changes: of the fix, those with the same reason together.
        unneeded: sentences on remedies that the fix does without.
        labels: what stands before the remedy of each finding of the training as written; empty where it has none.
        layers: before and after.
        facts: what is known of the data.
        steps: what can be typed next.
        missing: what could not be read, in plain words.
    """

    report: Report
    title: str
    before: RunFacts | None
    after: RunFacts | None
    confirmations: tuple[RunFacts, ...]
    proofs: tuple[Proof, ...]
    margin: str
    fix: int | None
    changes: tuple[tuple[str, tuple[ChangeFacts, ...]], ...]
    unneeded: tuple[str, ...]
    labels: tuple[str, ...]
    files: tuple[FileSides, ...]
    layers: tuple[LayerFacts, ...]
    facts: Facts
    steps: tuple[Step, ...]
    missing: tuple[str, ...]


def gather(outcome: Outcome, report: Report) -> Page:
    """Gather the facts of ``outcome`` from it and from the logs of its probes."""
    logs = _Logs(outcome)
    baseline, fix = outcome.baseline, outcome.fix
    proved = fix or baseline
    changes = report.fix.changes if report.fix is not None else ()
    before = logs.probe(baseline, "as written") if baseline is not None else None
    after = logs.probe(fix, "the fix") if fix is not None else None
    return Page(
        report=report,
        title=outcome.training.solver.path.name,
        before=before,
        after=after,
        confirmations=tuple(logs.confirmations(proved)) if proved is not None else (),
        proofs=tuple(proofs(proved)) if proved is not None else (),
        margin=str(proved.margin) if proved is not None and proved.margin is not None else "",
        fix=fix.number if fix is not None else None,
        changes=tuple((why, tuple(group)) for why, group in groupby(changes, lambda change: change.why)),
        unneeded=tuple(unneeded(outcome, after)),
        labels=tuple(_labels(outcome)),
        files=sides(outcome.training, outcome.patch) if outcome.patch is not None else (),
        layers=compare(before, after),
        facts=outcome.facts,
        steps=tuple(_steps(outcome)),
        missing=tuple(logs.missing),
    )


class _Logs:
    """Reads the logs of probes, and keeps in mind what is missing."""

    def __init__(self, outcome: Outcome) -> None:
        self._folder, self._facts = outcome.settings.out / PROBES, outcome.facts
        self.missing: list[str] = []

    def probe(self, trial: Trial, title: str) -> RunFacts | None:
        """The probe of ``trial``, whatever its confirmation said after that."""
        refuted = trial.confirmation is not None and not trial.confirmation.holds
        verdict = Verdict.STABLE if refuted else trial.verdict
        return self._read(run_name(trial.number), title, verdict, "" if refuted else trial.why)

    def confirmations(self, trial: Trial) -> Iterator[RunFacts]:
        """The runs with other seeds."""
        for proof in proofs(trial):
            run = self._read(run_name(trial.number, proof.seed), f"seed {proof.seed}", proof.verdict, proof.why)
            if run is not None:
                yield run

    def _read(self, name: str, title: str, verdict: Verdict, why: str) -> RunFacts | None:
        try:
            return read_run(self._folder / name / LOG, title, verdict, why, self._facts)
        except InputError as error:
            self.missing.append(f"{title} is not drawn: {error}")
            return None


def proofs(trial: Trial) -> Iterator[Proof]:
    """Yield the confirmation runs of ``trial``."""
    if (proof := trial.confirmation) is not None:
        for run in zip(proof.seeds, proof.iterations, proof.verdicts, proof.whys, strict=True):
            yield Proof(*run)


def _labels(outcome: Outcome) -> Iterator[str]:
    for finding in outcome.baseline.findings if outcome.baseline is not None else ():
        base_lr = outcome.training.solver.base_lr
        yield label(finding.remedy, outcome.fix, base_lr) if finding.remedy is not None else ""


def _steps(outcome: Outcome) -> Iterator[Step]:
    if outcome.patch is not None:
        yield Step("Train with the patched files", commands.train(outcome, commands.anywhere))
        yield Step("Or change your own files", commands.apply(outcome, commands.anywhere))
    yield Step("Look at every trial", commands.dashboard(outcome, commands.anywhere))
