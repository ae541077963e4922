"""The study on a real data base: nothing is forgotten, nothing is NaN, the same seed asks for the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import optuna
import pytest

from autofix.errors import InputError
from autofix.health import Evidence, Finding, Score, Severity, Verdict
from autofix.model import Candidate
from autofix.search import Confirmation, Proposal, Settings, Trial
from autofix.search.study import Range, Study, open_study, storage_errors

SPACE = {"base_lr": Range(1e-6, 1.0), "input_scale": Range(1e-3, 10.0)}
MakeTrial = Callable[..., Trial]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(out=tmp_path)


def sampled(study: Study, make: MakeTrial, score: float) -> Trial:
    number, params = study.sample(SPACE)
    done = replace(make(number, Candidate(params["base_lr"], params["input_scale"]), score), params=params)
    study.tell(done, {0: 2.3, 1: float("1e30")})
    return done


def test_trials_come_back_as_they_were_told(settings: Settings, trial: MakeTrial) -> None:
    study = open_study(settings)
    sick = Finding("H101", "t", Severity.ERROR, "why", layer="ip1", evidence=(Evidence("value", float("inf")),))
    proof = Confirmation((2, 3), (400, 400), (Verdict.STABLE, Verdict.STABLE), ("a", "b"))
    number, params = study.ask(Proposal(Candidate(), "as written", "w"), {"base_lr": 0.1, "input_scale": 1.0}, SPACE)
    told = replace(trial(number, Candidate(filler_stds={"ip1": 0.5}), 0.5, sick), params=params, confirmation=proof)
    study.tell(told, {})
    assert open_study(replace(settings, resume=True)).trials == (told,)


def test_the_parts_of_a_score_are_kept_beside_it(settings: Settings, trial: MakeTrial) -> None:
    study = open_study(settings)
    number, params = study.sample(SPACE)
    graded = Score(total=3.25, divergence=1.0, gradients=0.25, learning=1.0)
    study.tell(replace(trial(number, Candidate(), 3.25), params=params, graded=graded), {})
    (stored,) = optuna.load_study(study_name="autofix", storage=settings.storage_url).trials
    assert stored.value == 3.25
    parts = {part: stored.user_attrs[f"autofix:{part}"] for part in ("divergence", "gradients", "learning")}
    assert parts == {"divergence": 1.0, "gradients": 0.25, "learning": 1.0}


def test_the_same_seed_asks_for_the_same_candidates(tmp_path: Path, trial: MakeTrial) -> None:
    asked = []
    for name in "ab":
        study = open_study(Settings(out=tmp_path, study_name=name, seed=7))
        asked.append([dict(sampled(study, trial, score=3.0 + index / 10).params) for index in range(8)])
    assert asked[0] == asked[1]
    other = open_study(Settings(out=tmp_path, study_name="c", seed=8))
    assert dict(sampled(other, trial, 3.0).params) != asked[0][0]


def test_a_trial_whose_process_was_killed_is_failed_on_resume(settings: Settings, trial: MakeTrial) -> None:
    study = open_study(settings)
    sampled(study, trial, 3.0)
    study.sample(SPACE)  # and then the machine goes down
    again = open_study(replace(settings, resume=True))
    assert [each.number for each in again.trials] == [0]
    stored = optuna.load_study(study_name="autofix", storage=settings.storage_url)
    assert [each.state.name for each in stored.trials] == ["COMPLETE", "FAIL"]


def test_an_existing_study_is_not_touched_without_resume(settings: Settings) -> None:
    open_study(settings)
    with pytest.raises(InputError, match="exists"):
        open_study(settings)


def test_a_storage_that_cannot_be_opened_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="--storage") as caught:
        open_study(Settings(out=tmp_path, storage=f"sqlite:///{tmp_path}/no/such/folder/study.db"))
    assert "\n" not in str(caught.value)


def test_what_the_dashboard_shows(settings: Settings, trial: MakeTrial) -> None:
    sampled(open_study(settings), trial, 3.5)
    stored = optuna.load_study(study_name="autofix", storage=settings.storage_url).trials[0]
    assert stored.value == 3.5
    assert set(stored.params) == set(SPACE)
    assert stored.intermediate_values == {0: 2.3, 1: 1e30}
    assert all(name.startswith("autofix:") for name in stored.user_attrs)


def test_a_resumed_study_asks_for_what_an_uninterrupted_one_would(tmp_path: Path, trial: MakeTrial) -> None:
    whole = open_study(Settings(out=tmp_path, study_name="whole", seed=7))
    expected = [dict(sampled(whole, trial, 3.0 + index / 10).params) for index in range(8)]
    torn = Settings(out=tmp_path, study_name="torn", seed=7)
    found = []
    for index in range(8):
        study = open_study(replace(torn, resume=index > 0))
        found.append(dict(sampled(study, trial, 3.0 + index / 10).params))
    assert found == expected


def test_a_trial_that_was_killed_does_not_change_what_is_asked_for_next(tmp_path: Path, trial: MakeTrial) -> None:
    whole, torn = (Settings(out=tmp_path, study_name=name, seed=7) for name in ("whole", "torn"))
    study = open_study(whole)
    expected = [dict(sampled(study, trial, 3.0).params) for _ in range(2)]
    first, killed = open_study(torn), None
    sampled(first, trial, 3.0)
    _, killed = first.sample(SPACE)
    assert dict(killed) == expected[1]
    assert dict(sampled(open_study(replace(torn, resume=True)), trial, 3.0).params) == expected[1]


def test_a_trial_that_was_cut_short_does_not_change_it_either(tmp_path: Path, trial: MakeTrial) -> None:
    """It counted for the sampler's seed and, undecided as it was, for what the sampler knows."""
    whole, torn = (Settings(out=tmp_path, study_name=name, seed=7) for name in ("whole", "torn"))
    study = open_study(whole)
    expected = [dict(sampled(study, trial, 3.0 - index / 10).params) for index in range(7)]
    first = open_study(torn)
    for index in range(6):
        sampled(first, trial, 3.0 - index / 10)
    number, params = first.sample(SPACE)
    cut_short = replace(trial(number, Candidate(params["base_lr"], params["input_scale"]), 1.5), finished=False)
    first.tell(replace(cut_short, params=params, verdict=Verdict.INCONCLUSIVE), {0: 2.3})
    later = open_study(replace(torn, resume=True))
    assert later.trials[-1].why == cut_short.why  # it is not forgotten
    assert dict(sampled(later, trial, 3.0).params) == expected[6]


def test_the_time_that_was_spent_is_kept(settings: Settings) -> None:
    study = open_study(settings)
    assert study.spent == 0
    study.spend(12.5)
    assert open_study(replace(settings, resume=True)).spent == 12.5


def test_a_study_that_another_search_took_over_is_one_clear_line(settings: Settings, trial: MakeTrial) -> None:
    """With --storage and a folder of its own; there was a traceback."""
    first = open_study(settings)
    number, params = first.sample(SPACE)
    open_study(replace(settings, resume=True))
    with pytest.raises(InputError, match="another autofix has taken over study 'autofix'"), storage_errors(settings):
        first.tell(replace(trial(number, Candidate(), 3.0), params=params), {0: 2.3})
