"""report.html and optuna-dashboard as people see them, in a real Chromium."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager

import pytest
from browsing import DESKTOP, PATIENCE, PHONE, launch, overflow, url_of, visiting
from playwright.sync_api import expect, sync_playwright

from autofix.cli.dashboard import storage_url
from autofix.cli.serving import server
from autofix.report.html import SECTIONS

pytestmark = pytest.mark.caffe
WINDOWS = pytest.mark.parametrize("window", [DESKTOP, PHONE], ids=["desktop", "phone"])
SCHEMES = pytest.mark.parametrize("scheme", ["light", "dark"])

CONTRASTS = """() => {
  const parse = (c) => c.match(/[\\d.]+/g).map(Number);
  const linear = (v) => v / 255 <= .03928 ? v / 255 / 12.92 : ((v / 255 + .055) / 1.055) ** 2.4;
  const light = (c) => { const [r, g, b] = c.map(linear); return .2126 * r + .7152 * g + .0722 * b; };
  const ground = (e) => { for (; e; e = e.parentElement) { const c = parse(getComputedStyle(e).backgroundColor);
    if (c.length < 4 || c[3] > 0) return c.slice(0, 3); } return [255, 255, 255]; };
  const found = [];
  for (const e of document.querySelectorAll('body *')) {
    const own = [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
    if (!own || e.tagName === 'title' || e.tagName === 'desc' || !e.getClientRects().length) continue;
    const style = getComputedStyle(e), svg = e.namespaceURI.includes('svg');
    const [a, b] = [parse(svg ? style.fill : style.color).slice(0, 3), ground(e)].map(light);
    const contrast = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    if (contrast < 4.5) found.push(e.textContent.trim().slice(0, 40) + ' ' + contrast.toFixed(2));
  }
  return found;
}"""  # by WCAG 2.2, criterion 1.4.3


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        expect.set_options(timeout=PATIENCE)
        browser = launch(playwright)
        yield browser
        browser.close()


@pytest.fixture
def opened(browser, out):
    """Opens report.html in a window."""

    @contextmanager
    def opening(window=DESKTOP, scheme="light"):
        with visiting(browser, url_of(out / "report.html"), viewport=window, color_scheme=scheme) as page:
            yield page

    return opening


@WINDOWS
def test_the_report_fits_the_window_and_shows_all_of_it(opened, run, window):
    with opened(window) as page:
        assert overflow(page) == 0
        for name in SECTIONS:
            expect(page.locator(f"h2#{name}")).to_be_visible()
        expect(page.locator(".result strong")).to_have_text("Fixed")
        for finding in run[1].baseline.findings:
            expect(page.get_by_text(finding.code).first).to_be_visible()
        plots = page.locator("svg.plot")
        assert plots.count() == 9
        for box in (plots.nth(index).bounding_box() for index in range(plots.count())):
            assert 300 < box["width"] <= window["width"]
        smallest = page.evaluate(
            "Math.min(...[...document.querySelectorAll('svg.plot text')].map(e => "
            "parseFloat(getComputedStyle(e).fontSize) * e.getScreenCTM().a))"
        )
        assert smallest >= 8.5
        page.screenshot(full_page=True)


@WINDOWS
def test_the_diff_is_side_by_side_where_there_is_room(opened, window):
    with opened(window) as page:
        row = page.locator("table.diff tr:not(.same):not(.gap)", has=page.locator(".come")).first
        expect(row.locator(".come").last).to_be_visible()
        same = page.locator("table.diff tr.same").first
        shown = [cell.is_visible() for cell in same.locator("td").all()]
        assert shown == ([True] * 4 if window is DESKTOP else [True, True, False, False])


@SCHEMES
@WINDOWS
def test_every_text_stands_out_from_its_ground(opened, window, scheme):
    with opened(window, scheme) as page:
        page.evaluate("document.querySelectorAll('details').forEach(e => e.open = true)")
        assert overflow(page) == 0
        assert page.evaluate(CONTRASTS) == []


def test_the_report_is_usable_by_keyboard(opened):
    with opened() as page:
        page.keyboard.press("Tab")
        skip = page.locator(".skip")
        expect(skip).to_be_focused()
        assert skip.bounding_box()["x"] >= 0
        page.keyboard.press("Enter")
        assert page.url.endswith("#main")
        page.keyboard.press("Tab")
        summary = page.locator("summary").first
        expect(summary).to_be_focused()  # nothing before it in the report needs the keyboard
        page.keyboard.press("Enter")
        expect(page.get_by_role("table", name="Std of the weights as drawn")).to_be_visible()


def test_the_report_prints_in_the_light_on_a_few_pages(opened, tmp_path):
    with opened(scheme="dark") as page:
        page.emulate_media(media="print")
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        expect(page.locator("nav")).to_be_hidden()
        page.pdf(path=tmp_path / "report.pdf", format="A4", print_background=True)
    assert 2 <= (tmp_path / "report.pdf").read_bytes().count(b"/Type /Page\n") <= 12


@pytest.fixture(scope="module")
def served(out):
    """The address of the dashboard's pages on the study."""
    with server(str(out), storage_url(str(out)), "127.0.0.1", 0) as listening:
        thread = threading.Thread(target=listening.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.server_port}/dashboard"
        listening.shutdown()
        thread.join()


def test_a_trial_in_the_dashboard_has_note_parameters_files_and_pictures(browser, served, run):
    fix = run[0].fix
    url = f"{served}/studies/1/trials?numbers={fix.number}"
    with visiting(browser, url, viewport=DESKTOP) as page:
        expect(page.get_by_text(f"Trial {fix.number} (trial_id=")).to_be_visible()
        expect(page.get_by_text("stable and confirmed")).to_be_visible()
        for name in fix.params:
            expect(page.get_by_text(f"{name} ", exact=False).first).to_be_visible()
        for name in ("caffe.log", "candidate.diff", "net.prototxt", "solver.prototxt"):
            expect(page.get_by_text(name, exact=True)).to_be_visible()
        pictures = page.locator('img[alt^="Magnitudes"]')
        expect(pictures).to_have_count(2)
        for index in range(2):
            pictures.nth(index).scroll_into_view_if_needed()
            page.wait_for_function(
                "i => document.querySelectorAll('img[alt^=Magnitudes]')[i].naturalWidth > 100", arg=index
            )
        assert overflow(page) <= 0


def test_the_study_in_the_dashboard_has_the_report_and_plots(browser, served, run):
    with visiting(browser, f"{served}/studies/1/note", viewport=DESKTOP) as page:
        expect(page.get_by_role("heading", name="Autofix: fixed")).to_be_visible()
        expect(page.get_by_role("heading", name="Why it can be trusted")).to_be_visible()
    with visiting(browser, f"{served}/studies/1", viewport=DESKTOP) as page:
        for title in ("Loss over the iterations", "Gradients, as written", "Outputs and weights, the fix"):
            expect(page.locator(".gtitle", has_text=title)).to_be_visible()
        expect(page.get_by_text("Intermediate values")).to_be_visible()


def test_the_trials_in_the_dashboard_are_those_of_the_report(browser, served, out):
    trials = json.loads((out / "report.json").read_text())["trials"]
    with visiting(browser, f"{served}/studies/1/trials", viewport=DESKTOP) as page:
        for trial in trials:
            expect(page.get_by_text(f"Trial {trial['number']}", exact=True)).to_be_visible()
