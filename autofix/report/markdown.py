"""report.md for pull requests, and the notes that optuna-dashboard shows: the page's facts, short."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from autofix.health import Finding
from autofix.report.page import Page, Proof, proofs
from autofix.report.words import HEADLINES, duration, number, parameters, placed, sentence
from autofix.search import Trial
from autofix.search.trial import RangeTest

_SPECIAL = re.compile(r"([\\`*<|\[\]])")


def to_markdown(page: Page, diff: str = "") -> str:
    """Return the report.

    Args:
        diff: the unified diff to go into it; empty where the pull request shows it anyway.
    """
    return "\n".join(_report(page, diff)) + "\n"


def _report(page: Page, diff: str) -> Iterator[str]:
    report = page.report
    yield f"## Autofix: {HEADLINES[report.verdict].lower()} – `{page.title}`"
    yield ""
    yield escaped(sentence(report.why))
    if report.hint:
        yield escaped(sentence(report.hint))
    if report.baseline is not None or report.lint:
        verdict = f": {report.baseline.verdict.value}" if report.baseline is not None else ""
        yield from ("", f"### What is wrong as written{verdict}", "")
        yield from _findings(report.lint) if report.lint else ()
    if report.baseline is not None:
        yield from _findings(report.baseline.findings, page.labels)
    yield from _changed(page)
    if diff:
        yield from ("", "```diff", diff.rstrip("\n"), "```")
    if page.proofs:
        yield from ("", "### Why it can be trusted", "")
        yield from _proofs(page.proofs)
        if page.margin:
            yield from ("", escaped(sentence(page.margin)))
    if report.notes:
        yield from ("", "### How to go on", "")
        yield from (f"- {escaped(sentence(note))}" for note in report.notes)
    yield from ("", f"{_cost(page)}; the whole report is `report.html` in the output folder.")


def _changed(page: Page) -> Iterator[str]:
    if not page.changes:
        return
    yield from ("", "### What was changed, and why", "")
    for why, changes in page.changes:
        yield f"- {escaped(sentence(why))}"
        for change in changes:
            value = f"`{change.before}` → `{change.after}`" if change.before else f"added `{change.after}`"
            yield f"  - `{change.file}` `{change.field}`: {value}"
    for line in page.unneeded:
        yield from ("", escaped(sentence(line)))


def trial_note(trial: Trial, pictures: Mapping[str, str]) -> str:
    """Return the note of one trial.

    Args:
        pictures: title to address of its plots.
    """
    return "\n".join(_trial(trial, pictures)) + "\n"


def _trial(trial: Trial, pictures: Mapping[str, str]) -> Iterator[str]:
    yield f"**{trial.verdict.value}{' and confirmed' if trial.proved else ''}**: {escaped(sentence(trial.why))}"
    yield ""
    yield f"Tried because ({trial.proposal.origin}): {escaped(sentence(trial.proposal.why))}"
    yield ""
    yield f"Parameters: {parameters(trial.params)}"
    candidate = trial.candidate
    if candidate.filler_stds:
        stds = ", ".join(f"`{layer}` {number(std)}" for layer, std in candidate.filler_stds.items())
        yield from ("", f"Weights drawn with std: {stds}")
    if trial.findings:
        yield from ("", "### Findings", "")
        yield from _findings(trial.findings)
    if trial.confirmation is not None:
        yield from ("", "### Confirmation", "")
        yield from _proofs(tuple(proofs(trial)))
    if trial.margin is not None:
        yield from ("", escaped(sentence(str(trial.margin))))
    for _, test in trial.range_tests:
        yield from ("", escaped(sentence(_range_test(test))))
    for title, address in pictures.items():
        yield from ("", f"### Magnitudes of {title} over the iterations", "", f"![Magnitudes of {title}]({address})")


def _range_test(test: RangeTest) -> str:
    lowest = f"lowest loss at base_lr {number(test.lowest)}" if test.lowest is not None else "the loss never came down"
    limit = f"lost at {number(test.limit)}" if test.limit is not None else "never lost"
    return f"range test over {test.iterations} iterations, base_lr growing in each: {lowest}, {limit}"


def _findings(findings: Sequence[Finding], labels: Sequence[str] = ()) -> Iterator[str]:
    if not findings:
        yield "No check found anything."
    for finding, label in zip(findings, labels or ("Remedy",) * len(findings), strict=True):
        where = f", layer `{finding.layer}`" if finding.layer else ""
        when = f", iteration {finding.iteration}" if finding.iteration is not None else ""
        yield f"- **{finding.severity.value} {finding.code}**{where}{when}: {escaped(sentence(finding.title))}"
        yield f"  {escaped(placed(finding))}"
        if finding.evidence:
            yield f"  - Evidence: {escaped('; '.join(map(str, finding.evidence)))}"
        if finding.remedy is not None:
            yield f"  - {label}: {escaped(sentence(finding.remedy.advice))}"


def _proofs(runs: Sequence[Proof]) -> Iterator[str]:
    yield from ("| seed | iterations | verdict | why |", "| --- | --- | --- | --- |")
    for run in runs:
        yield f"| {run.seed} | {run.iterations} | {run.verdict.value} | {escaped(sentence(run.why))} |"


def _cost(page: Page) -> str:
    report = page.report
    trials = f"{report.trials_used} of {report.budget} trials"
    return f"{trials}, {report.iterations_run:,} iterations of Caffe, {duration(report.seconds)}"


def escaped(text: str) -> str:
    """Return ``text`` so that Markdown shows it as it is; underscores within a word are safe there."""
    return _SPECIAL.sub(r"\\\1", text)
