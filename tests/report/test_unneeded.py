"""Remedies that findings ask for and the fix does without are told as that, with the reason."""

from __future__ import annotations

from dataclasses import replace

import pytest

from autofix.health import Remedy
from autofix.model import Candidate
from autofix.report import Report
from autofix.report.markdown import to_markdown
from autofix.report.page import Page
from autofix.report.unneeded import label, unneeded
from autofix.search import Outcome

pytestmark = pytest.mark.caffe
LOWER, RAISE = Remedy("lower base_lr: so", base_lr_factor=0.1), Remedy("raise base_lr", base_lr_factor=5.0)
SCALE, CLIP = Remedy("scale the input", input_scale_factor=0.004), Remedy("clip", clip_gradients=3.0)


def test_why_the_rate_stayed_is_told_where_the_input_was_scaled(page: Page) -> None:
    """The report listed "lower base_lr" three times, and did not say why the fix leaves it alone."""
    text = " ".join(to_markdown(page).split())
    assert "Remedy, part of the fix: Scale the input by" in text
    assert "Remedy, not needed in the end: Lower base_lr" in text
    assert "base_lr stays at 0.1, though findings ask for a lower one: its steps were too large because of the" in text


def test_a_remedy_is_held_against_what_was_made_of_the_training(run: tuple[Outcome, Report]) -> None:
    fix = run[0].fix
    assert fix is not None

    def labels(candidate: Candidate, proved: bool = True) -> list[str]:
        trial = replace(fix, proposal=replace(fix.proposal, candidate=candidate))
        trial = trial if proved else replace(trial, confirmation=None)
        return [label(remedy, trial, base_lr=0.1) for remedy in (LOWER, RAISE, SCALE, CLIP)]

    made, unneeded_, open_ = "Remedy, part of the fix", "Remedy, not needed in the end", "Remedy, not part of what"
    assert labels(Candidate(base_lr=0.01)) == [made, unneeded_, unneeded_, unneeded_]
    assert labels(Candidate(input_scale=0.004)) == [unneeded_, unneeded_, made, unneeded_]
    assert all(text.startswith(open_) for text in labels(Candidate(momentum=0.9), proved=False))
    assert label(LOWER, None, 0.1) == "Remedy"
    assert label(Remedy("look"), fix, 0.1) == "Remedy"


def test_others_are_named_with_the_probes_that_tried_them(run: tuple[Outcome, Report]) -> None:
    outcome = run[0]
    assert outcome.fix is not None
    assert outcome.baseline is not None
    finding = replace(outcome.baseline.findings[0], remedy=CLIP)
    first = replace(outcome.baseline, findings=(finding,))
    tried = replace(
        outcome.fix, number=7, proposal=replace(outcome.fix.proposal, candidate=Candidate(clip_gradients=3))
    )
    changed = replace(outcome, trials=(first, *outcome.trials[1:], tried))
    assert list(unneeded(changed, None)) == [
        "Not needed: clip_gradients (tried in probe 7). All runs of the fix were stable without."
    ]


def test_a_rate_that_was_not_raised_had_steps_that_were_too_small(run: tuple[Outcome, Report]) -> None:
    outcome = run[0]
    assert outcome.baseline is not None
    (first, *_) = outcome.baseline.findings
    slow = replace(outcome.baseline, findings=(replace(first, remedy=RAISE),))
    (told,) = unneeded(replace(outcome, trials=(slow, *outcome.trials[1:])), None)
    assert "though findings ask for a larger one: its steps were too small because of the" in told
