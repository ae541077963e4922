"""The recorded logs are what today's Caffe prints: a few are recorded again and must tell the same."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest
from comparing import difference

from autofix.caffe import find
from autofix.debuginfo import build_trace, read_trace

SCRIPT = Path(__file__).parents[2] / "scripts" / "record_logs.py"


@pytest.mark.caffe
@pytest.mark.parametrize("name", ["healthy", "nan-forward", "iter-size", "resumed", "crash"])
def test_recording_again_gives_the_same_trace(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = importlib.util.spec_from_file_location("record_logs", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "record_logs", script)  # dataclasses look their module up there
    spec.loader.exec_module(script)
    case = next(case for case in script.CASES if case.name == name)
    again = build_trace(script.record(case, str(find().path)).splitlines(keepends=True))
    recorded = read_trace(Path(__file__).parent / "logs" / f"{name}.log")
    # Numbers and messages may differ in the last digit from one BLAS and one Caffe to the next.
    numbers = {"loss", "lr", "norms", "outputs", "values", "partial", "tests"}
    texts = {"fatal", "complaints", "solver_text", "net_text"}
    assert difference(again, recorded, but_for=numbers | texts) is None
    assert again.loss == pytest.approx(recorded.loss, rel=1e-3, nan_ok=True)
    assert (again.fatal is None) is (recorded.fatal is None)
