"""Autofix from Python: the same results as on the command line, as frozen values, and nothing is printed."""

from __future__ import annotations

import json
from dataclasses import FrozenInstanceError, fields, is_dataclass
from pathlib import Path

import pytest
from trainings import broken

import autofix
from autofix.errors import AutofixError, InputError
from autofix.report import to_json
from autofix.search import TrialEnded

LOG = Path(__file__).parent / "debuginfo" / "logs" / "nan-forward.log"


def frozen(value: object) -> bool:
    """Whether nothing in ``value`` can be changed."""
    if isinstance(value, tuple):
        return all(map(frozen, value))
    if not is_dataclass(value):
        return not isinstance(value, list)
    with pytest.raises((FrozenInstanceError, AttributeError, TypeError)):
        setattr(value, fields(value)[0].name, None)
    return all(frozen(getattr(value, field.name)) for field in fields(value))


@pytest.mark.caffe
def test_fix_returns_what_report_json_holds(tmp_path, capfd):
    heard = []
    report = autofix.fix(broken(tmp_path), budget=6, out=str(tmp_path / "there"), seed=3, listen=heard.append)
    assert (report.verdict, report.budget, report.seed) == ("fixed", 6, 3)
    assert frozen(report)
    assert json.loads(to_json(report)) == json.loads((tmp_path / "there" / "report.json").read_text())
    ended = [event.trial.number for event in heard if isinstance(event, TrialEnded)]
    assert ended == [trial.number for trial in report.trials]
    assert capfd.readouterr() == ("", "")


def test_diagnose_returns_what_its_json_holds(capfd):
    found = autofix.diagnose(LOG)
    assert (found.verdict.value, found.first_bad is not None) == ("diverged", True)
    assert frozen(found.findings)
    assert json.loads(to_json(found))["verdict"] == "diverged"
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    "call",
    [
        lambda: autofix.fix("gone.prototxt"),
        lambda: autofix.diagnose("gone.log"),
        lambda: autofix.inspect("x.caffemodel", net="gone.prototxt"),
    ],
)
def test_an_error_is_one_of_ours_with_a_hint_where_there_is_one(call, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="gone") as caught:
        call()
    assert isinstance(caught.value, AutofixError)
    assert isinstance(caught.value.hint, str)


def test_a_misspelt_wish_is_told(tmp_path):
    with pytest.raises(TypeError, match="bugdet"):
        autofix.fix(broken(tmp_path), bugdet=5)


def test_there_is_nothing_else():
    with pytest.raises(AttributeError, match="repair"):
        _ = autofix.repair
