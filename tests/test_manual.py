"""The manual: every link leads somewhere, and every picture is shown."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

ROOT = Path(__file__).parents[1]
PAGES = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("examples/*/README.md"), ROOT / "studies/README.md"]
LINK = re.compile(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)")


def anchors(page: Path) -> set[str]:
    """What the headings of a page can be reached by, as GitHub makes it of them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page):
    for target, anchor in LINK.findall(page.read_text()):
        there = (page.parent / target).resolve() if target else page
        assert there.exists(), target
        assert not anchor or anchor in anchors(there), f"{target}#{anchor}"


def test_every_picture_is_shown_and_small():
    shown = {name for page in PAGES for name in re.findall(r"!\[[^\]]+\]\(pictures/([^)/]+)\)", page.read_text())}
    pictures = {picture.name: picture for picture in (ROOT / "docs/pictures").glob("*.svg")}
    assert shown == set(pictures)
    for picture in pictures.values():
        assert picture.stat().st_size < 100_000
        ET.parse(picture)
