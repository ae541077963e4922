"""The search as a whole, on real Caffe."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest
import trainings

from autofix.caffe import Caffe
from autofix.health import Verdict
from autofix.model import Candidate, load
from autofix.report.notes import notes
from autofix.search import Event, Outcome, Result, Settings, Trial, TrialStarted, mend
from autofix.search.folder import PROBES
from autofix.search.study import Range, open_study

pytestmark = pytest.mark.caffe


@pytest.fixture
def settings(tmp_path: Path, caffe: Caffe) -> Settings:
    return Settings(out=tmp_path / "out", caffe=caffe.path)


def run(solver: Path, settings: Settings) -> Outcome:
    return mend(load(solver, solver.parent), settings, lambda _event: None)


def params(outcome: Outcome) -> list[dict[str, float]]:
    return [dict(trial.params) for trial in outcome.trials]


def test_the_first_remedy_mends_raw_input(tmp_path: Path, settings: Settings) -> None:
    outcome = run(trainings.broken(tmp_path), settings)
    assert outcome.result is Result.FIXED
    assert [trial.proposal.origin for trial in outcome.trials] == ["as written", "remedy H401"]
    assert outcome.trials[0].verdict in (Verdict.DIVERGED, Verdict.EXPLODING, Verdict.DEAD)
    assert outcome.fix is not None
    assert outcome.fix.candidate == Candidate(input_scale=1 / 256)
    assert outcome.fix.confirmation is not None
    assert len(set(outcome.fix.confirmation.seeds) | {settings.seed}) == 3


def test_a_stable_training_is_left_alone(tmp_path: Path, settings: Settings) -> None:
    outcome = run(trainings.healthy(tmp_path), settings)
    assert outcome.result is Result.ALREADY_STABLE
    assert len(outcome.trials) == 1
    assert outcome.patch is None


def test_the_sampler_alone_finds_a_fix_too_and_the_same_one_for_the_same_seed(
    tmp_path: Path, settings: Settings
) -> None:
    solver = trainings.broken(tmp_path)
    blind = replace(settings, remedy_share=0.0)
    outcomes = [run(solver, replace(blind, out=tmp_path / name)) for name in ("a", "b")]
    assert outcomes[0].result is Result.FIXED
    assert {trial.proposal.origin for trial in outcomes[0].trials[1:]} <= {"tpe", "shrink", "half", "faster"}
    assert params(outcomes[0]) == params(outcomes[1])


@pytest.mark.parametrize("data_goes", [False, True])
def test_a_proved_fix_is_kept_whatever_happens_while_it_is_made_smaller(
    tmp_path: Path, settings: Settings, data_goes: bool
) -> None:
    solver, cancel = trainings.broken(tmp_path), threading.Event()

    def stop(event: Event) -> None:
        if isinstance(event, TrialStarted) and event.proposal.origin == "shrink":
            shutil.rmtree(tmp_path / "train_lmdb") if data_goes else cancel.set()

    outcome = mend(load(solver, tmp_path), replace(settings, remedy_share=0.0), stop, cancel=cancel)
    assert outcome.result is (Result.FIXED if data_goes else Result.INTERRUPTED)
    assert outcome.fix is not None
    assert outcome.fix.proved
    assert outcome.patch is not None


def test_several_trainings_at_once_find_the_same_fix(tmp_path: Path, settings: Settings) -> None:
    solver = trainings.broken(tmp_path)
    one, two = (run(solver, replace(settings, jobs=jobs, out=tmp_path / f"out{jobs}")) for jobs in (1, 2))
    assert one.fix is not None
    assert two.fix is not None
    assert one.fix.candidate == two.fix.candidate
    assert one.fix.confirmation == two.fix.confirmation
    assert one.fix.margin == two.fix.margin


def test_a_schedule_that_cannot_be_followed_is_told_without_caffe(tmp_path: Path, settings: Settings) -> None:
    solver = trainings.broken(tmp_path)
    text = solver.read_text().replace('lr_policy: "fixed"', 'lr_policy: "step" gamma: 0.1')
    solver.write_text(text)
    outcome = run(solver, settings)
    assert outcome.result is Result.NOT_FIXED
    assert outcome.trials == ()
    assert "stepsize" in outcome.why


def test_a_rate_that_is_far_too_large_is_mended_by_a_range_test(tmp_path: Path, settings: Settings) -> None:
    outcome = run(trainings.healthy(tmp_path, base_lr=1000.0), settings)
    assert outcome.result is Result.FIXED
    assert outcome.fix is not None
    assert set(outcome.fix.candidate.knobs) == {"base_lr"}
    assert outcome.fix.margin is not None
    assert "range test" in outcome.trials[1].proposal.why


@pytest.mark.parametrize("base_lr", [0.0, -0.05])
def test_a_training_without_a_usable_rate_gets_one(tmp_path: Path, settings: Settings, base_lr: float) -> None:
    outcome = run(trainings.healthy(tmp_path, base_lr=base_lr), settings)
    assert outcome.result is Result.FIXED
    assert outcome.fix is not None
    assert set(outcome.fix.candidate.knobs) == {"base_lr"}


def test_the_budget_is_kept(tmp_path: Path, settings: Settings) -> None:
    small = replace(settings, budget=3, probe_iters=60, remedy_share=0.0, seed=3)
    outcome = run(trainings.healthy(tmp_path, base_lr=1e-30, max_iter=1_000_000), small)
    assert len(outcome.trials) <= 3


def test_the_time_is_kept_and_said(tmp_path: Path, settings: Settings) -> None:
    outcome = run(
        trainings.healthy(tmp_path, base_lr=1e-30, max_iter=1_000_000),
        replace(settings, timeout=10.0, probe_iters=10**6),
    )
    assert outcome.result is Result.NOT_FIXED
    assert outcome.trials[-1].verdict is Verdict.INCONCLUSIVE
    assert "time" in outcome.trials[-1].why


def test_what_the_time_cut_short_is_done_anew_once_there_is_time(
    tmp_path: Path, settings: Settings, trial: Callable[..., Trial]
) -> None:
    solver, cut_short = trainings.healthy(tmp_path, base_lr=1e-30), trial(0, Candidate(), 1.2)
    (settings.out / PROBES).mkdir(parents=True)
    hurried = open_study(settings)
    hurried.ask(cut_short.proposal, cut_short.params, {"base_lr": Range(1e-6, 1.0)})
    hurried.tell(replace(cut_short, verdict=Verdict.INCONCLUSIVE, finished=False), {})
    hurried.spend(100.0)
    later = run(solver, replace(settings, probe_iters=40, budget=1, resume=True))
    assert [(each.number, each.finished, each.iterations) for each in later.trials] == [(1, True, 40)]
    assert later.seconds > 100


def test_a_trial_that_was_interrupted_has_taken_its_time_too(tmp_path: Path, settings: Settings) -> None:
    cancel = threading.Event()
    cancel.set()
    solver = trainings.healthy(tmp_path)
    outcome = mend(load(solver, solver.parent), settings, lambda _event: None, cancel=cancel)
    assert outcome.result is Result.INTERRUPTED
    assert open_study(replace(settings, resume=True)).spent > 0


def test_a_slow_one_is_watched_to_its_own_end_and_judged_as_a_whole(tmp_path: Path, settings: Settings) -> None:
    """Caffe logs the loss of iteration max_iter, too: one more than there are iterations."""
    outcome = run(trainings.healthy(tmp_path, base_lr=4e-4, max_iter=400), replace(settings, budget=1))
    assert outcome.result is Result.ALREADY_STABLE


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('type: "SoftmaxWithLoss"', 'type: "SoftmaxWithLoss" loss_weight: 0', "has no loss"),
        ('type: "InnerProduct"', 'type: "InnerProduct" param { lr_mult: 0 } param { lr_mult: 0 }', "lr_mult 0"),
        ('type: "ReLU"', 'type: "BatchNorm" batch_norm_param { use_global_stats: true eps: 1e-38 }', "there are none"),
    ],
)
def test_where_nothing_can_learn_nothing_is_searched(
    tmp_path: Path, settings: Settings, old: str, new: str, words: str
) -> None:
    solver = trainings.healthy(tmp_path, max_iter=50)
    net = tmp_path / "net.prototxt"
    net.write_text(net.read_text().replace(old, new))
    outcome = run(solver, settings)
    assert outcome.result is Result.NOT_FIXED
    assert len(outcome.trials) == 1
    assert words in outcome.why


def test_no_time_at_all_is_no_failure_of_caffe(tmp_path: Path, settings: Settings) -> None:
    outcome = run(trainings.healthy(tmp_path), replace(settings, timeout=0.01))
    assert outcome.result is Result.NOT_FIXED
    assert outcome.trials == ()
    assert "in time" in outcome.why


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """The tiny training on an HDF5 table, whose values a test may spoil."""
    solver = trainings.healthy(tmp_path)
    net = (tmp_path / "net.prototxt").read_text()
    old = 'transform_param { scale: 0.00390625 }\n  data_param { source: "train_lmdb" backend: LMDB batch_size: 30 }'
    new = 'hdf5_data_param { source: "table.txt" batch_size: 30 }'
    (tmp_path / "net.prototxt").write_text(net.replace(old, new).replace('"Data"', '"HDF5Data"'))
    (tmp_path / "table.txt").write_text("table.h5\n")
    rng = np.random.default_rng(0)
    with h5py.File(tmp_path / "table.h5", "w") as file:
        file["data"] = rng.normal(size=(90, 16)).astype(np.float32)
        file["label"] = (np.arange(90) % 3).astype(np.float32)
    return solver


def test_records_that_are_far_too_large_are_told_whatever_the_search_finds(table: Path, settings: Settings) -> None:
    with h5py.File(table.parent / "table.h5", "r+") as file:
        file["data"][41] *= 1000
    outcome = run(table, replace(settings, budget=1))
    (oddity,) = outcome.oddities
    assert "1 of 90 records" in oddity
    assert "in record 41, counted from 0" in oddity
    assert oddity in tuple(notes(outcome))


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("data", np.nan, "NaN"),
        ("data", np.inf, "NaN or infinity"),
        ("label", 3.0, "has 3 outputs, for labels from 0 to 2; label holds 3"),
        ("label", 1e9, "has 3 outputs, for labels from 0 to 2; label holds 1000000000"),  # Caffe dies of it
    ],
)
def test_what_no_setting_can_mend_ends_the_search_at_once(
    table: Path, settings: Settings, column: str, value: float, words: str
) -> None:
    with h5py.File(table.parent / "table.h5", "r+") as file:
        file[column][0] = value
    outcome = run(table, settings)
    assert outcome.result is Result.NOT_FIXED
    assert len(outcome.trials) <= 1
    assert words in outcome.why


def test_what_caffe_cannot_run_is_no_matter_of_the_data(table: Path, settings: Settings) -> None:
    """Labels out of range hid that Caffe does not know a layer, and the exit code was that of an unproved search."""
    net = table.parent / "net.prototxt"
    net.write_text(net.read_text().replace('"ReLU"', '"NoSuchLayer"'))
    with h5py.File(table.parent / "table.h5", "r+") as file:
        file["label"][0] = 1e9
    outcome = run(table, settings)
    assert outcome.result is Result.FAILED
    assert "Unknown layer type: NoSuchLayer" in outcome.why
    assert any("label holds" in problem for problem in outcome.problems)
