"""report.html: one file that needs no network and no JavaScript, to read, print and send around."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from autofix.health import Verdict
from autofix.report import words
from autofix.report.drawings import draw
from autofix.report.page import Page
from autofix.report.plots.colours import mark

if TYPE_CHECKING:
    from jinja2 import Environment

SECTIONS = {
    "wrong": "What is wrong",
    "changed": "What was changed",
    "proof": "Why it can be trusted",
    "next": "How to go on",
    "layers": "Inside the net",
    "trials": "All probes",
    "ran": "How it was run",
}


def to_html(page: Page) -> str:
    """Return the whole page."""
    return (
        environment()
        .get_template("report.html.j2")
        .render(
            page=page,
            report=page.report,
            drawn=draw(page),
            sections=_sections(page),
            styles=Markup(style("plot.css") + style("page.css")),
        )
    )


def style(name: str) -> str:
    """Return a style sheet of the package."""
    return (files("autofix.report") / "templates" / name).read_text(encoding="utf-8")


def _sections(page: Page) -> list[tuple[str, str]]:
    """Ids and names of the sections that the page has."""
    return [(key, name) for key, name in SECTIONS.items() if key != "changed" or page.report.fix is not None]


@cache
def environment() -> Environment:
    """What renders the templates."""
    from jinja2 import Environment, PackageLoader, StrictUndefined  # noqa: PLC0415 -- heavy

    made = Environment(
        loader=PackageLoader("autofix.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "sentence": words.sentence,
        "code": _code,
        "number": words.number,
        "placed": words.placed,
        "duration": words.duration,
        "svg": Markup,
    }
    made.globals |= {"headlines": words.HEADLINES, "glyph": _glyph}
    return made


def _code(text: str) -> Markup:
    """``text`` with what stands in backticks as code."""
    parts = text.split("`")
    pieces = (
        escape(part) if place % 2 == 0 else Markup("<code>{}</code>").format(part) for place, part in enumerate(parts)
    )
    return Markup("").join(pieces) if len(parts) % 2 else escape(text)


def _glyph(verdict: Verdict) -> Markup:
    """The mark of a verdict as it is on the map, to go before its name."""
    d = mark(verdict, 6, 6)
    shape = f'<path d="{d}" class="verdict {verdict.value}"/>'
    return Markup(f'<svg class="glyph" viewBox="0 0 12 12" aria-hidden="true">{shape}</svg>')
