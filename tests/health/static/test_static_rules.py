"""Every static rule: its form, its sick and well cases, and remedies that help."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest
from static_cases import CASES, Case, told

from autofix.health import Finding, Remedy, Severity
from autofix.health.static import Rule, all_rules, lint
from autofix.model import Candidate, Training, load, patch, patched_files
from autofix.prototxt import write

RULES = all_rules()
each_rule = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)


@each_rule
def test_a_rule_is_named_and_told(rule: Rule) -> None:
    file = Path(inspect.getfile(type(rule)))
    assert re.fullmatch(r"S[1-5]\d\d", rule.code)
    assert file.stem.startswith(f"{rule.code.lower()}_")
    assert rule.title == rule.title.strip(".")
    what, blank, *rest = inspect.getdoc(type(rule)).splitlines()  # type: ignore[union-attr]
    assert what.endswith(".")
    assert not blank
    parts = re.split(r"^(Sick|Well): ", "\n".join(rest), flags=re.MULTILINE)
    assert parts[1::2] == ["Sick", "Well"]
    assert all(part.strip().endswith(".") for part in parts[2::2])


def test_codes_are_unique_and_every_file_is_a_rule() -> None:
    codes = [rule.code for rule in RULES]
    files = (Path(inspect.getfile(Rule)).parent / "rules").glob("s*.py")
    assert sorted(set(codes)) == codes == sorted(file.stem[:4].upper() for file in files)


@each_rule
def test_a_rule_has_a_sick_and_a_well_case(rule: Rule) -> None:
    kinds = {case.sick for case in CASES if case.code == rule.code}
    assert kinds == {True, False}


def test_every_case_is_of_a_rule() -> None:
    assert {case.code for case in CASES} == {rule.code for rule in RULES}


@each_case
def test_a_case_is_told_as_expected(case: Case, tmp_path: Path) -> None:
    training = case.load(tmp_path)
    findings = lint(training)
    assert all(finding.file and finding.line and finding.remedy for finding in findings)
    seen = told(findings, case.code).replace(str(tmp_path.resolve()), "FOLDER")
    assert seen == (case.expected if case.sick else "")
    if not case.sick:
        assert not [finding for finding in findings if finding.severity is Severity.ERROR]
    remedies = of_candidates(findings, case.code)
    if remedies:
        assert not of_candidates(lint(mended(training, remedies, tmp_path / "out")), case.code)


def of_candidates(findings: tuple[Finding, ...], code: str) -> list[Remedy]:
    """The remedies of one rule that are edits."""
    return [one.remedy for one in findings if one.code == code and one.remedy and one.remedy.changes_something]


def changes(remedy: Remedy) -> Candidate:
    """The changes of one remedy; rules have none of base_lr."""
    assert remedy.base_lr_factor is None
    return Candidate(
        input_scale=remedy.input_scale_factor,
        filler_stds=remedy.filler_stds,
        momentum=remedy.momentum,
        clip_gradients=remedy.clip_gradients,
        loss_weights=remedy.loss_weights,
        target_scale=remedy.target_scale_factor,
    )


def mended(training: Training, remedies: list[Remedy], out: Path) -> Training:
    """The training with these remedies taken."""
    knobs: dict[str, float] = {}
    for remedy in remedies:
        knobs |= changes(remedy).knobs
    candidate = Candidate.of(knobs)
    out.mkdir()
    for path, document in patched_files(training, patch(training, candidate), out).items():
        write(document, path)
    return load(out / training.solver.path.name, cwd=training.folder)


ROOT = Path(__file__).parents[3]
SOUND = [*ROOT.glob("studies/corpus/nets/*/solver.prototxt"), *ROOT.glob("examples/*/solver.prototxt")]


@pytest.mark.parametrize("solver", SOUND, ids=lambda path: path.parent.name)
def test_nothing_is_wrong_with_sound_nets_but_missing_data(solver: Path) -> None:
    findings = lint(load(solver, cwd=solver.parent))
    assert {finding.code for finding in findings} <= {"S401", "S406", "S407", "S410"}, (
        "S401: the data is made elsewhere"
    )
    assert all(finding.code == "S401" for finding in findings if finding.severity is Severity.ERROR)


def test_a_rule_that_breaks_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(RULES[0]), "examine", lambda self, subject: 1 / 0)
    findings = lint(CASES[0].load(tmp_path))
    assert [one.severity for one in findings if "itself broke" in one.title] == [Severity.INFO]
