"""The recorded logs are what today's Caffe prints: a few are recorded again and must tell the same."""

from __future__ import annotations

from pathlib import Path

import pytest
from comparing import difference

from autofix.caffe import find
from autofix.debuginfo import build_trace, read_trace
from studies.recorded.cases import CASES
from studies.recorded.training import record


@pytest.mark.caffe
@pytest.mark.parametrize("name", ["healthy", "nan-forward", "iter-size", "resumed", "crash"])
def test_recording_again_gives_the_same_trace(name: str) -> None:
    case = next(case for case in CASES if case.name == name)
    again = build_trace(record(case, str(find().path)).splitlines(keepends=True))
    recorded = read_trace(Path(__file__).parent / "logs" / f"{name}.log")
    # Numbers and messages may differ in the last digit from one BLAS and one Caffe to the next.
    numbers = {"loss", "lr", "norms", "outputs", "values", "partial", "tests"}
    texts = {"fatal", "complaints", "solver_text", "net_text"}
    assert difference(again, recorded, but_for=numbers | texts) is None
    assert again.loss == pytest.approx(recorded.loss, rel=1e-3, nan_ok=True)
    assert (again.fatal is None) is (recorded.fatal is None)
