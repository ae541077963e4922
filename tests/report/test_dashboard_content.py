"""What optuna-dashboard is given, read back through Optuna's and the dashboard's own functions."""

from __future__ import annotations

import json
from pathlib import Path

import optuna
import optuna_dashboard
import pytest
from optuna.artifacts import FileSystemArtifactStore, get_all_artifact_meta

from autofix.report.dashboard import ARTIFACTS, CHUNK, Dashboard, _save_note
from autofix.report.files import DIFF
from autofix.search import Note
from autofix.search.folder import LOG, PROBES, run_name

pytestmark = pytest.mark.caffe


@pytest.fixture
def study(run):
    settings = run[0].settings
    return optuna.load_study(study_name=settings.study_name, storage=settings.storage_url)


def live(study, number):
    """A trial as the dashboard's functions take it."""
    return optuna.trial.Trial(study, study.trials[number]._trial_id)


def test_each_trial_says_what_came_of_it_and_why_it_was_tried(run, study):
    for trial in run[0].trials:
        note = optuna_dashboard.get_note(live(study, trial.number))
        assert trial.verdict.value in note
        assert trial.proposal.origin in note
        for finding in trial.findings:
            assert finding.code in note


def test_each_trial_carries_its_files_whole(run, study, out):
    store = FileSystemArtifactStore(out / ARTIFACTS)
    for trial in run[0].trials:
        kept = {meta.filename: meta for meta in get_all_artifact_meta(live(study, trial.number))}
        wanted = {LOG, "solver.prototxt", "net.prototxt", "outputs and weights.svg", "gradients.svg"}
        if trial.confirmation:
            wanted |= {f"seed{seed}-{LOG}" for seed in trial.confirmation.seeds}
        if not trial.candidate.as_written:
            wanted |= {"candidate.diff"}
        assert set(kept) == wanted
        with store.open_reader(kept[LOG].artifact_id) as log:
            assert log.read() == (out / PROBES / run_name(trial.number) / LOG).read_bytes()


def test_pictures_of_a_note_are_among_its_artifacts(run, study):
    number = run[0].fix.number
    note = optuna_dashboard.get_note(live(study, number))
    pictures = [meta for meta in get_all_artifact_meta(live(study, number)) if meta.mimetype == "image/svg+xml"]
    assert len(pictures) == 2
    for meta in pictures:
        assert f"({optuna_dashboard.artifact.get_artifact_path(live(study, number), meta.artifact_id)})" in note


def test_the_study_carries_the_report_with_the_diff(study, out):
    note = optuna_dashboard.get_note(study)
    assert note.startswith((out / "report.md").read_text().partition("### Why it can")[0])
    assert (out / DIFF).read_text().rstrip() in note


def test_the_study_carries_plots_as_strict_json(study):
    attributes = study._storage.get_study_system_attrs(study._study_id)
    figures = optuna_dashboard._custom_plot_data.get_plotly_graph_objects(attributes)
    magnitudes = {"data-as-written", "diff-as-written", "data-the-fix", "diff-the-fix"}
    assert set(figures) == {"loss", *magnitudes, "probes-input-scale", "probes-filler-std"}
    for text in figures.values():
        figure = json.loads(text, parse_constant=lambda word: 1 / 0)
        assert figure["data"]
        assert all(optuna_dashboard._custom_plot_data.is_valid_graph_object_id(key) for key in figures)


def test_the_map_has_every_trial_under_its_verdict(study, run):
    attributes = study._storage.get_study_system_attrs(study._study_id)
    figures = optuna_dashboard._custom_plot_data.get_plotly_graph_objects(attributes)
    for across in ("input_scale", "filler_std"):
        points = json.loads(figures[f"probes-{across.replace('_', '-')}"])["data"]
        told = {int(number): group["name"] for group in points for number in group["text"]}
        assert told == {trial.number: trial.verdict.value for trial in run[1].trials}
        assert len({group["marker"]["symbol"] for group in points}) == len(points)


def test_no_attribute_of_a_trial_is_longer_than_a_line_of_the_dashboard(study):
    for trial in study.trials:
        assert all(len(str(value)) < 300 for value in trial.user_attrs.values())


def test_a_shorter_note_leaves_nothing_of_a_longer_one():
    study = optuna.create_study()
    for note in ("long " * CHUNK, "short", "ü" * (CHUNK + 1)):
        _save_note(study._storage, study._study_id, "dashboard:", note)
        assert optuna_dashboard.get_note(study) == note


def test_bytes_that_are_no_text_do_not_lose_the_note():
    study = optuna.create_study()
    _save_note(study._storage, study._study_id, "dashboard:", "ge\udce4ndert")
    assert optuna_dashboard.get_note(study) == "ge?ndert"


def test_trouble_with_the_dashboard_is_a_note_and_stops_nothing(run, study, page, tmp_path, monkeypatch):
    heard = []
    outcome = run[0]
    dashboard = Dashboard(outcome.training, outcome.settings, heard.append)
    dashboard.adorn(live(study, 0), outcome.trials[0])  # a finished trial takes no files
    monkeypatch.setattr(optuna, "load_study", lambda **_: 1 / 0)
    dashboard.finish(page)
    assert [type(event) for event in heard] == [Note, Note]
    assert "trial 0" in heard[0].text
    assert "the study" in heard[1].text


def test_what_was_written_lies_below_the_output_folder(out):
    assert {path.name for path in Path(out / ARTIFACTS).iterdir() if path.is_dir()} == set()
