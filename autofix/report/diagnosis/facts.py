"""What a training's log tells, as the frozen values that ``autofix diagnose --json`` prints."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from autofix.debuginfo import FirstBad, Run, Trace, first_bad
from autofix.health import Finding, Severity, Verdict
from autofix.report.diagnosis.advice import advice
from autofix.report.diagnosis.answers import Answers, answers
from autofix.report.diagnosis.judging import Judged, judge, judge_run
from autofix.report.diagnosis.layers import LayerTable, layer_table
from autofix.report.diagnosis.notes import notes
from autofix.report.diagnosis.travel import Step, travelled

SCHEMA = 1


@dataclass(frozen=True, slots=True)
class RunFacts:
    """One run of Caffe in the log.

    Args:
        first, last: its iterations; None where it came to none.
        loss: the last that was logged.
        ended: "finished", "stopped" by a signal, "died", or "open" where the log does not tell.
        diagnosed: whether it is part of the training that the rest of the diagnosis is about.
    """

    first: int | None
    last: int | None
    resumed_from: str | None
    loss: float | None
    ended: str
    diagnosed: bool


@dataclass(frozen=True)
class Diagnosis:
    """What a log tells; `docs/diagnose.md` explains each field.

    Args:
        log: its path, or "-".
        why: one sentence for the verdict.
        iterations: how many the log shows.
        last_iteration: the number of the last of them.
        findings: errors first.
        travelled: the way the trouble went, from the first value on.
        about: which of several runs this is about; empty where there is one.
        advice: what to do, the most urgent first.
    """

    schema: int
    log: str
    verdict: Verdict
    why: str
    iterations: int
    last_iteration: int | None
    debug_info: bool
    first_bad: FirstBad | None
    findings: tuple[Finding, ...]
    travelled: tuple[Step, ...]
    answers: Answers
    layers: LayerTable
    runs: tuple[RunFacts, ...]
    about: str
    notes: tuple[str, ...]
    advice: tuple[str, ...]


@dataclass(frozen=True, eq=False, slots=True)
class Diagnosed:
    """A diagnosis beside the training that it is of, from which plots are drawn."""

    diagnosis: Diagnosis
    judged: Judged


def diagnose(trace: Trace, log: str, running: bool = False) -> Diagnosed:
    """Diagnose a log that has been read.

    Args:
        log: its name.
        running: the last run still goes on.
    """
    judged = judge_run(trace, len(trace.runs) - 1, running) if running else judge(trace)
    view, decision = judged.view, judged.decision
    table = layer_table(view)
    findings = sorted(judged.findings, key=lambda finding: list(Severity).index(finding.severity))
    diagnosis = Diagnosis(
        schema=SCHEMA,
        log=log,
        verdict=decision.verdict,
        why=decision.why,
        iterations=_count(judged.training),
        last_iteration=int(judged.training.iterations[-1]) if len(judged.training) else None,
        debug_info=view.trace.has_debug_info,
        first_bad=first_bad(view.trace),
        findings=tuple(findings),
        travelled=travelled(view.trace),
        answers=answers(view, table),
        layers=table,
        runs=tuple(_runs(trace, judged)),
        about=_about(trace, judged),
        notes=notes(view, judged.training),
        advice=advice(findings, view, decision.verdict),
    )
    return Diagnosed(diagnosis, judged)


def _count(trace: Trace) -> int:
    """How many iterations were displayed, those included whose rows were dropped."""
    borders = [*(run.row for run in trace.runs), len(trace)]
    parts = [trace.ordinals[first:end] for first, end in pairwise(borders) if first < end]
    return sum(int(part[-1] - part[0]) + 1 for part in parts) - int((~trace.loss_logged).sum())


def _runs(trace: Trace, judged: Judged) -> Iterator[RunFacts]:
    ends = [*(run.row for run in trace.runs[1:]), len(trace)]
    first_of_chain = judged.run - len(judged.view.trace.runs) + 1
    for index, (run, end) in enumerate(zip(trace.runs, ends, strict=True)):
        iterations, loss = trace.iterations[run.row : end], trace.loss[run.row : end]
        logged = loss[trace.loss_logged[run.row : end]]
        yield RunFacts(
            first=int(iterations[0]) if len(iterations) else None,
            last=int(iterations[-1]) if len(iterations) else None,
            resumed_from=run.resumed_from,
            loss=float(logged[-1]) if len(logged) else None,
            ended=_ended(run),
            diagnosed=first_of_chain <= index <= judged.run,
        )


def _ended(run: Run) -> str:
    if run.stopped_early:
        return "stopped"
    if run.finished:
        return "finished"
    return "died" if run.fatal is not None else "open"


def _about(trace: Trace, judged: Judged) -> str:
    """What is said of a log of several runs."""
    count, chain = len(trace.runs), len(judged.view.trace.runs)
    if count == 1:
        return ""
    if chain == count:
        return (
            f"The log holds {count} runs, which are one training that was resumed; of iterations that were run again, "
            "the later ones count."
        )
    runs = f"run {judged.run + 1}" if chain == 1 else f"runs {judged.run - chain + 2} to {judged.run + 1}, one training"
    why = "the last that went wrong" if judged.run < count - 1 else "the last training"
    return f"The log holds {count} runs; this is about {runs}: {why}."
