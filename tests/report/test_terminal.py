"""The summary is complete and readable at any width, with and without colour."""

from __future__ import annotations

import io
import re
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console
from trainings import broken

from autofix import api
from autofix.health import Finding, Remedy, Severity
from autofix.model import load
from autofix.report import report, show
from autofix.search import Result

pytestmark = pytest.mark.caffe


@pytest.fixture(scope="module")
def fixed(tmp_path_factory, caffe):
    """The outcome of a real run, and its report."""
    return api.run(broken(tmp_path_factory.mktemp("fixed")), listen=lambda event: None)


def shown(outcome, report, width=80, **settings) -> str:
    text = io.StringIO()
    show(outcome, report, Console(file=text, width=width, highlight=False, **settings))
    return text.getvalue()


def one_line(text: str) -> str:
    return re.sub(r"\s+", " ", text)


@pytest.mark.parametrize("width", [40, 60, 80, 200])
def test_nothing_is_cut_off_at_any_width(fixed, width):
    report = fixed[1]
    text = one_line(shown(*fixed, width=width))
    assert "Fixed." in text
    for finding in report.baseline.findings:
        assert one_line(finding.explanation) in text
        assert finding.code in text
    for line in (fixed[0].settings.out / "autofix.diff").read_text().splitlines():
        assert one_line(line) in text
    for note in report.notes:
        assert one_line(note) in text


def test_each_reason_stands_behind_what_was_changed_for_it(fixed):
    (change, *_) = fixed[1].fix.changes
    told = rf"{re.escape(change.field)}[^:]*: {re.escape(change.why[0].upper() + change.why[1:])}"
    assert re.search(told, one_line(shown(*fixed)))


@pytest.mark.parametrize("width", [60, 80])
def test_prose_keeps_to_the_width(fixed, width):
    lines = shown(*fixed, width=width).splitlines()
    commands = [line for line in lines if re.match(r"(the diff|apply it|train|the report|the study):", line)]
    assert len(commands) == 5  # these stay on one line, to be copied
    diff = (fixed[0].settings.out / "autofix.diff").read_text().splitlines()
    assert max(len(line) for line in lines if line not in commands and line[2:] not in diff) <= width


def test_no_line_ends_in_blanks_where_no_terminal_is(fixed):
    """rich fills a table's lines up to its width, which a file or a pager then has to carry."""
    diff = (fixed[0].settings.out / "autofix.diff").read_text().splitlines()
    lines = [line for line in shown(*fixed).splitlines() if line[2:] not in diff]
    assert [line for line in lines if line != line.rstrip()] == []


LABELS = Finding(
    "S405",
    "labels out of range",
    Severity.ERROR,
    "ip2 has 2 outputs, for labels from 0 to 1; label holds 2.",
    layer="loss",
    remedy=Remedy("write  num_output: 3, or mend the labels"),
    file="net.prototxt",
    line=21,
)


def test_what_lint_knows_is_told_before_what_follows_from_it(fixed):
    report = replace(fixed[1], lint=(LABELS,))
    text = one_line(shown(fixed[0], report, width=200))
    said = f"What is wrong as written error S405 loss net.prototxt:21: {LABELS.explanation} Write num_output: 3"
    assert said in text
    assert text.index("S405") < text.index(report.baseline.findings[0].code)


def test_a_stable_training_that_caffe_would_stop_at_is_not_called_fine(fixed):
    """The probes leave out tests; "Nothing to fix" was once said of a net whose accuracy layer Caffe refuses."""
    outcome = replace(fixed[0], result=Result.ALREADY_STABLE, patch=None, fix=None, stopping=(LABELS,))
    text = one_line(shown(outcome, report(outcome)))
    assert "Stable, but `caffe train` stops." in text
    assert f"net.prototxt:21: {LABELS.explanation} Write num_output: 3" in text


@pytest.fixture
def on_path(fixed, monkeypatch, tmp_path):
    """As where the environment is active and Caffe installed: both are found by their names."""
    (tmp_path / "caffe").symlink_to(fixed[0].caffe.path)
    (tmp_path / "autofix").symlink_to(Path(sys.executable).with_name("autofix"))
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")


@pytest.mark.usefixtures("on_path")
def test_commands_are_there_to_be_copied(fixed, monkeypatch):
    monkeypatch.chdir(fixed[0].training.folder)
    text = shown(*fixed, width=40)
    assert "\napply it:   patch -p1 < solver.autofix/autofix.diff\n" in text
    assert "\ntrain:      caffe train --solver=solver.autofix/solver.prototxt\n" in text
    assert "\nthe study:  autofix dashboard solver.autofix\n" in text


def test_what_the_shell_does_not_find_by_its_name_is_given_by_its_path(fixed, monkeypatch):
    """After `make demo` neither was on the path, and the shell answered the printed commands with "not found"."""
    script = Path(sys.executable).with_name("autofix")
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    monkeypatch.chdir(script.parents[1])
    text = shown(*fixed)
    folder = fixed[0].training.folder
    assert f"cd {folder} && {fixed[0].caffe.path} train --solver=solver.autofix/solver.prototxt\n" in text
    assert f"\nthe study:  bin/autofix dashboard {folder}/solver.autofix\n" in text


def test_another_caffe_on_the_path_is_not_taken_for_the_one_that_was_used(fixed, monkeypatch, tmp_path):
    (tmp_path / "caffe").write_text("#!/bin/sh\n")
    (tmp_path / "caffe").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert f" && {fixed[0].caffe.path} train " in shown(*fixed)


def test_colour_is_for_terminals_that_want_it(fixed, monkeypatch):
    monkeypatch.setenv("TERM", "xterm-256color")
    assert "\x1b[1;32mFixed." in shown(*fixed, force_terminal=True)
    monkeypatch.setenv("NO_COLOR", "1")
    assert not re.search(r"\x1b\[[\d;]*3\dm", shown(*fixed, force_terminal=True))
    assert "\x1b" not in shown(*fixed)


def test_the_diff_is_in_colour(fixed, monkeypatch):
    monkeypatch.setenv("TERM", "xterm-256color")
    text = shown(*fixed, force_terminal=True, width=200)
    assert re.search(r"\x1b\[32m  \+ +transform_param \{ scale: 0.00390625 \}\x1b\[0m", text)
    assert re.search(r"\x1b\[36m  @@ .* @@\x1b\[0m", text)


def test_a_long_diff_is_cut_and_says_where_the_rest_is(fixed, monkeypatch):
    monkeypatch.setattr("autofix.report.terminal.MOST_LINES", 4)
    assert re.search(r"\(\d+ more lines are in autofix.diff\)", shown(*fixed))


def test_markup_in_a_name_is_only_text(fixed):
    outcome, report = fixed
    baseline = replace(report.baseline, findings=(replace(report.baseline.findings[0], layer="a[/bold]"),))
    text = one_line(
        shown(outcome, replace(report, baseline=baseline, why="see [link]", notes=("because [1] of [/] it",)))
    )
    assert "a[/bold]" in text
    assert "Because [1] of [/] it." in text
    assert "See [link]." in text


VERDICTS = {"provisional": "Not proved.", "not-fixed": "Not fixed.", "interrupted": "Interrupted."}


@pytest.mark.usefixtures("on_path")
@pytest.mark.parametrize("verdict", VERDICTS)
def test_without_a_proof_the_hint_says_how_to_get_on(fixed, verdict, monkeypatch):
    outcome, report = fixed
    monkeypatch.chdir(outcome.training.folder)
    text = shown(outcome, replace(report, verdict=verdict, why="it took too long", hint="give it more"))
    assert f"{VERDICTS[verdict]} It took too long.\nGive it more.\n" in text
    assert text.splitlines()[-1] == "go on:      autofix solver.prototxt --resume --budget 20"


@pytest.mark.usefixtures("on_path")
def test_what_goes_on_names_the_same_study_and_training(fixed, monkeypatch):
    """It once left out --weights, --deploy and --storage: the study then was about another training, or another one."""
    outcome, report = fixed
    folder = outcome.training.folder
    monkeypatch.chdir(folder)
    deploy = replace(outcome.training.train, path=folder / "deploy net.prototxt")
    settings = replace(
        outcome.settings,
        out=folder / "other",
        weights=Path(f"{folder / 'a.caffemodel'},{folder / 'b.caffemodel'}"),
        storage="sqlite:///all.db",
        study_name="mine",
        caffe=Path("/opt/caffe"),
        device="gpu:0",
        seed=7,
    )
    given = replace(outcome, settings=settings, training=replace(outcome.training, deploy=deploy))
    assert shown(given, replace(report, verdict="not-fixed")).splitlines()[-1] == (
        "go on:      autofix solver.prototxt --resume --budget 20 --out other --deploy 'deploy net.prototxt' "
        "--weights a.caffemodel,b.caffemodel --storage sqlite:///all.db --study-name mine --caffe /opt/caffe "
        "--device gpu:0 --seed 7"
    )


def test_a_solver_that_asks_for_a_gpu_is_not_trained_as_it_is_where_there_was_none(fixed):
    outcome, report = fixed
    solver = outcome.training.solver.path
    asks = solver.with_name("asks.prototxt")
    asks.write_text(re.sub(r"solver_mode: \w+", "", solver.read_text()) + "solver_mode: GPU\n")
    told = "on a CPU:   write solver_mode: CPU in that solver first"
    assert told in shown(replace(outcome, training=load(asks, asks.parent)), report, width=200)
    assert told not in shown(outcome, report, width=200)
