"""Slow nets are probed on smaller batches, and proved on the real ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import trainings

from autofix.caffe import Caffe
from autofix.debuginfo import read_trace
from autofix.health import Facts, Judge, View
from autofix.model import Candidate, Training, load
from autofix.search import Result, Settings, Trial, mend
from autofix.search import pace as pace_module
from autofix.search.pace import Pace, Patient


@pytest.fixture
def big_batches(tmp_path: Path) -> Training:
    solver = trainings.healthy(tmp_path)
    net = tmp_path / "net.prototxt"
    net.write_text(net.read_text().replace("batch_size: 30", "batch_size: 300"))
    return load(solver, tmp_path)


@pytest.mark.parametrize(
    ("seconds", "share"),
    [(0.01, 1.0), (1.0, 1.0), (1.5, 0.2), (3.0, 32 / 300), (100.0, 32 / 300)],
)
def test_the_share_follows_from_the_time_of_an_iteration(
    big_batches: Training, trial: Callable[..., Trial], seconds: float, share: float
) -> None:
    baseline = replace(trial(0, Candidate(), 4.0), iterations=10, seconds=10 * seconds)
    assert Pace.of(baseline, big_batches).batch_share == pytest.approx(share)


def test_a_small_batch_is_not_made_smaller(training: Training, trial: Callable[..., Trial]) -> None:
    slow = replace(trial(0, Candidate(), 4.0), iterations=10, seconds=100.0)
    assert Pace.of(slow, training).batch_share == 1.0


def test_a_proof_lasts_at_least_as_long_as_the_probe() -> None:
    assert Pace(0.01).confirm_iters(50, 10**6) == 400
    assert Pace(0.01).confirm_iters(400, 10**6) == 500
    assert Pace(10.0).confirm_iters(50, 10**6) == 200
    assert Pace(10.0).confirm_iters(300, 10**6) == 375
    assert Pace(0.01).confirm_iters(2000, 10**6) == 800
    assert Pace(10.0, batch_share=0.1).confirm_iters(250, 10**6) == 250


@pytest.mark.caffe
def test_probes_are_small_and_proofs_are_not(tmp_path: Path, caffe: Caffe, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace_module, "SLOW", 0.0)  # every net is slow now
    monkeypatch.setattr(pace_module, "QUICK", 0.0)
    monkeypatch.setattr(pace_module, "SMALLEST", 15)
    solver = trainings.broken(tmp_path)
    outcome = mend(load(solver, tmp_path), Settings(out=tmp_path / "out", caffe=caffe.path), lambda _event: None)
    assert outcome.result is Result.FIXED
    sizes = {
        folder.name: "batch_size: 15" in (folder / "net.prototxt").read_text()
        for folder in (tmp_path / "out" / "probes").iterdir()
    }
    assert sizes.pop("000") is False
    assert sizes.pop("001") is True
    real = {name for name, small in sizes.items() if not small}
    assert real == {max(name for name in sizes if "seed" in name)}


@pytest.mark.parametrize(("log", "ended"), [("raw-pixels", True), ("nothing-to-learn", False)])
def test_a_slow_probe_ends_once_it_shows_what_to_change(log: str, ended: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace_module, "SLOW_LEAST", 20)
    view = View(Facts(), read_trace(Path(__file__).parents[1] / "health" / "logs" / f"{log}.log"))
    assert Patient(Judge()).decide(view) is None
    hurried = Patient(Judge(), seconds=0.0, most_seconds=0.0).decide(view)
    assert (hurried is not None) is ended


def test_every_run_of_a_proof_has_a_clock_of_its_own() -> None:
    one = Patient(Judge(), seconds=5.0)
    one._began.append(0.0)
    assert replace(one)._began == []
    assert replace(one, most_seconds=1.0)._began == []
