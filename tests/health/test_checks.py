"""What is asked of every check, whoever writes it."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from autofix.health import Check, Severity, View, all_checks

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

CASES = tomllib.loads((Path(__file__).parent / "cases.toml").read_text())
Recorded = Callable[[str], View]
each_check = pytest.mark.parametrize("check", all_checks(), ids=lambda check: check.code)


def pairs(kind: str) -> list[tuple[str, str]]:
    return [(code, log) for code, logs in CASES.items() for log in logs[kind]]


def test_codes_are_unique() -> None:
    codes = [check.code for check in all_checks()]
    assert len(codes) == len(set(codes))


@each_check
def test_its_file_is_named_by_its_code(check: Check) -> None:
    assert type(check).__module__.rpartition(".")[2].startswith(f"{check.code.lower()}_")


@each_check
def test_its_docstring_tells_what_is_sick_and_what_is_well(check: Check) -> None:
    text = inspect.getdoc(type(check)) or ""
    assert text.splitlines()[0].endswith(".")
    assert "\nSick: " in text
    assert "\nWell: " in text


@each_check
def test_it_has_sick_and_well_cases(check: Check) -> None:
    assert CASES[check.code]["sick"]
    assert CASES[check.code]["well"]


@pytest.mark.parametrize(("code", "log"), pairs("sick"))
def test_sick(code: str, log: str, recorded: Recorded) -> None:
    check = next(check for check in all_checks() if check.code == code)
    findings = list(check.examine(recorded(log)))
    assert findings, f"{code} is silent on {log}"
    for finding in findings:
        assert finding.code == code
        assert finding.title
        assert finding.explanation.endswith(".")
        assert finding.evidence
        assert finding.severity is not Severity.ERROR or finding.iteration is not None


@pytest.mark.parametrize(("code", "log"), pairs("well"))
def test_well(code: str, log: str, recorded: Recorded) -> None:
    check = next(check for check in all_checks() if check.code == code)
    assert list(check.examine(recorded(log))) == []
