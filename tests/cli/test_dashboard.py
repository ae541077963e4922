"""``autofix dashboard`` serves the study of a run."""

from __future__ import annotations

import json
import re
import signal
import socket
import urllib.request
from contextlib import contextmanager

import pytest
from commandline import autofix, start
from trainings import broken

from autofix.cli.dashboard import storage_url
from autofix.cli.main import main

pytestmark = pytest.mark.caffe


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Where a run was."""
    folder = tmp_path_factory.mktemp("run")
    broken(folder)
    assert autofix("solver.prototxt", "--quiet", cwd=folder).code == 0
    return folder


@contextmanager
def serving(folder, study):
    """The address of a dashboard that runs meanwhile."""
    process = start("dashboard", study, "--port", "0", cwd=folder)
    try:
        line = process.stderr.readline()
        yield re.match(r"(http://127\.0\.0\.1:\d+)/dashboard", line).group(1)
    finally:
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=180)
    assert (process.returncode, out, err) == (0, "", "")


def fetch(url):
    with urllib.request.urlopen(url, timeout=180) as answer:
        return json.loads(answer.read())


def test_it_shows_the_trials_with_the_three_parameters(folder):
    with serving(folder, "solver.autofix") as address:
        (summary,) = fetch(f"{address}/api/studies")["study_summaries"]
        trials = fetch(f"{address}/api/studies/{summary['study_id']}?after=0")["trials"]
        with urllib.request.urlopen(f"{address}/dashboard", timeout=180) as page:
            assert b"<html" in page.read().lower()
    assert summary["study_name"] == "autofix"
    report = json.loads((folder / "solver.autofix/report.json").read_text())
    assert [trial["number"] for trial in trials] == [trial["number"] for trial in report["trials"]]
    for trial in trials:
        assert {param["name"] for param in trial["params"]} == {"base_lr", "input_scale", "filler_std"}
        assert trial["intermediate_values"]


def test_a_port_in_use_is_one_clear_line(folder, capfd):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main(["dashboard", str(folder / "solver.autofix"), "--port", str(port)]) == 2
    assert re.fullmatch(rf"autofix: cannot listen on 127.0.0.1:{port}: [^\n]+\n  [^\n]+\n", capfd.readouterr().err)


@pytest.mark.parametrize("study", ["gone", "train_lmdb", "nosql://gone", "sqlite:////gone/study.db"])
def test_no_study_there_is_one_clear_line(folder, study, monkeypatch, capfd):
    monkeypatch.chdir(folder)
    assert main(["dashboard", study, "--port", "0"]) == 2
    assert re.fullmatch(r"autofix: [^\n]+\n  [^\n]+\n", capfd.readouterr().err)


@pytest.mark.parametrize("study", ["solver.autofix", "solver.autofix/study.db", "sqlite:///solver.autofix/study.db"])
def test_the_study_of_a_folder_of_a_file_and_of_a_url(folder, study, monkeypatch):
    monkeypatch.chdir(folder)
    assert storage_url(study) == "sqlite:///solver.autofix/study.db"


def test_a_study_kept_elsewhere_is_found_through_the_report(tmp_path):
    (tmp_path / "report.json").write_text('{"study": {"storage": "postgresql://host/studies"}}')
    assert storage_url(str(tmp_path)) == "postgresql://host/studies"
