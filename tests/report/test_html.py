"""report.html and report.md: everything there is to say, in one file, whatever the run came to."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise

import pytest

from autofix.health import Finding, Remedy, Severity
from autofix.report import drawings
from autofix.report.html import SECTIONS, to_html
from autofix.report.markdown import escaped, to_markdown
from autofix.report.page import gather
from autofix.report.words import HEADLINES
from autofix.search import Result

pytestmark = pytest.mark.caffe
VOID = {"meta", "link", "br", "img", "hr"}


class Reader(HTMLParser):
    """Reads a page as strictly as its tags allow, and keeps what tests ask for."""

    def __init__(self, html):
        super().__init__()
        self.open, self.words, self.tags = [], [], []
        self.feed(html)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.words.append(data)

    @property
    def text(self):
        return re.sub(r"\s+", " ", "".join(self.words))

    def all(self, tag):
        return [attrs for name, attrs in self.tags if name == tag]


@pytest.fixture
def read(page):
    return Reader(to_html(page))


def test_the_page_says_what_report_json_says(run, read):
    report = run[1]
    assert HEADLINES[report.verdict] in read.text
    for finding in report.baseline.findings:
        assert finding.code in read.text
        assert finding.explanation in read.text
        assert all(str(evidence) in read.text for evidence in finding.evidence)
    for change in report.fix.changes:
        assert change.field in read.text
        assert change.after in read.text
    for seed in report.fix.confirmation.seeds:
        assert f"Seed {seed}" in read.text
    for trial in report.trials:
        assert trial.reason[1:] in read.text
    assert report.notes
    assert all(note in read.text for note in report.notes)
    assert "caffe train --solver=" in read.text


def test_the_page_has_every_plot(page, read):
    titles = {"Loss over the iterations", "Layer gains", "Update/weight ratios"}
    titles |= {f"{what}, {when}" for what in ("Outputs and weights", "Gradients") for when in ("as written", "the fix")}
    assert titles <= set(re.findall(r'<title id="[^"]+">([^<]+)</title>', to_html(page)))
    assert "left out" not in read.text


def test_the_page_needs_nothing_but_itself(page):
    html = to_html(page)
    assert len(html) < 1_000_000
    assert not re.search(r"(src|href|xlink:href)=\"(?!#|data:,)", html)
    assert not re.search(r"url\((?!#)|@import|<script|http", html)


def test_the_page_of_a_huge_search_stays_small(page):
    trials = tuple(replace(page.report.trials[-1], number=number) for number in range(2000))
    html = to_html(replace(page, report=replace(page.report, trials=trials)))
    assert len(html.encode()) < 5_000_000


def test_what_came_of_a_larger_base_lr_is_part_of_the_proof(run, page, read):
    margin = run[0].fix.margin
    assert (run[1].fix.margin.factor, run[1].fix.margin.verdict) == (margin.factor, margin.verdict)
    said = page.margin[:1].upper() + page.margin[1:]
    assert f"{margin.factor:g} times its base_lr" in said
    assert said in read.text
    assert escaped(said) in to_markdown(page)


def test_the_page_can_be_walked_through_without_eyes(read):
    assert read.all("html") == [{"lang": "en"}]
    levels = [int(tag[1]) for tag, _ in read.tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    ids = [attrs["id"] for _, attrs in read.tags if "id" in attrs]
    assert len(ids) == len(set(ids))
    links = [attrs["href"][1:] for attrs in read.all("a")]
    assert set(SECTIONS) <= set(links) <= set(ids)
    assert all("scope" in attrs for attrs in read.all("th"))
    assert len(read.all("caption")) >= 4


def test_names_from_files_are_no_html(page):
    name = '<b onclick="x">&amp;'
    sick = Finding("H101", name, Severity.ERROR, name, layer=name, remedy=Remedy(name))
    report = replace(page.report, baseline=replace(page.report.baseline, findings=(sick,)), notes=(name,))
    read = Reader(to_html(replace(page, report=report, title=name)))
    assert not read.all("b")
    assert read.text.count(name) >= 5


@pytest.mark.parametrize("result", list(Result))
def test_whatever_a_run_comes_to_there_is_a_page(run, result):
    outcome, report = run
    bare = replace(outcome, result=result, trials=outcome.trials[:1], fix=None, patch=None)
    told = replace(report, verdict=result.value, trials=report.trials[:1], fix=None, hint="do this")
    page = gather(bare, told)
    read = Reader(to_html(page))
    assert HEADLINES[result.value] in read.text
    assert "Do this." in read.text
    assert "What was changed" not in read.text
    assert HEADLINES[result.value].lower() in to_markdown(page)


def test_a_run_that_never_started_has_a_page(run):
    outcome, report = run
    page = gather(
        replace(outcome, result=Result.FAILED, trials=(), fix=None, patch=None),
        replace(report, verdict="failed", trials=(), fix=None, baseline=None, why="Caffe says no"),
    )
    read = Reader(to_html(page))
    assert "Caffe says no." in read.text
    assert read.text.count("A plot is left out") == 6
    assert "Caffe says no." in to_markdown(page)


def test_a_log_that_is_gone_is_said_and_the_rest_is_shown(run, tmp_path):
    outcome, report = run
    page = gather(replace(outcome, settings=replace(outcome.settings, out=tmp_path)), report)
    assert len(page.missing) == 2 + len(report.fix.confirmation.seeds)
    text = Reader(to_html(page)).text
    assert "The fix is not drawn" in text
    assert "All probes over input scale and base_lr" in text


def test_a_plot_that_breaks_is_said_and_the_rest_is_shown(page, monkeypatch):
    monkeypatch.setattr(drawings, "loss_plot", lambda *_: 1 / 0)
    text = Reader(to_html(page)).text
    assert "could not be drawn, which is a bug in Autofix (ZeroDivisionError" in text
    assert "Layer gains" in text


def test_markdown_is_short_and_says_it_all(run, page):
    text = to_markdown(page)
    assert len(text) < 5000
    for finding in page.report.baseline.findings:
        assert f"**{finding.severity.value} {finding.code}**" in text
    for change in page.report.fix.changes:
        assert f"`{change.field}`" in text
    for proof in page.proofs:
        assert f"| {proof.seed} | {proof.iterations} | stable |" in text
    assert "```diff" in to_markdown(page, diff="--- a\n+++ b\n")


def test_markdown_shows_special_characters_as_they_are():
    assert escaped("mean |x| of <ip_1> is *1*") == r"mean \|x\| of \<ip_1> is \*1\*"


def test_pages_are_in_the_output_folder(out, page):
    assert (out / "report.md").read_text() == to_markdown(page)
    assert (out / "report.html").read_text() == to_html(page)
