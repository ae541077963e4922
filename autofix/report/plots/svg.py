"""A picture in SVG, built up mark by mark.

Inline SVG of our own is what the report is drawn with: a plot takes a few kilobytes, follows the page's fonts, dark
mode and printer, can be read out, and needs no JavaScript. matplotlib's SVG brings its own fonts and fixed colours and
takes a second to import; plotly's pages carry more than 3 MB of JavaScript.
"""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree as ET

WIDTH = 360.0  # CSS pixels: as wide as a phone, so that text is not scaled down to where it cannot be read


class Picture:
    """One SVG picture, ``WIDTH`` wide.

    Args:
        key: unique on the page, a valid id.
        title: its name for those who cannot see it, also its tooltip.
        description: what it shows, likewise.
    """

    def __init__(self, key: str, title: str, description: str, height: float) -> None:
        self.key, self.title, self.description, self.height = key, title, description, height
        self._root = ET.Element("svg", {"class": "plot", "viewBox": f"0 0 {num(WIDTH)} {num(height)}", "role": "img"})
        self._root.set("aria-labelledby", f"{key}-title {key}-description")
        ET.SubElement(self._root, "title", {"id": f"{key}-title"}).text = title
        ET.SubElement(self._root, "desc", {"id": f"{key}-description"}).text = description

    def rect(self, x: float, y: float, width: float, height: float, cls: str) -> None:
        """A rectangle of the CSS class ``cls``."""
        sides = {"x": num(x), "y": num(y), "width": num(max(width, 0)), "height": num(max(height, 0))}
        ET.SubElement(self._root, "rect", {**sides, "class": cls})

    def line(self, x1: float, y1: float, x2: float, y2: float, cls: str) -> None:
        """A straight line."""
        self.path(f"M{num(x1)} {num(y1)}L{num(x2)} {num(y2)}", cls)

    def polyline(self, points: Sequence[tuple[float, float]], cls: str) -> None:
        """A line through ``points``; a single one becomes a dot if the class has round caps."""
        if points:
            first, *rest = [f"{num(x)} {num(y)}" for x, y in points]
            self.path(f"M{first}L{' '.join(rest or [first])}", cls)

    def path(self, d: str, cls: str, tip: str = "", fill: str = "") -> None:
        """A path of SVG's commands ``d``, with a tooltip if ``tip`` is not empty."""
        path = ET.SubElement(self._root, "path", {"d": d, "class": cls} | ({"fill": fill} if fill else {}))
        if tip:
            ET.SubElement(path, "title").text = tip

    def text(self, x: float, y: float, text: str, cls: str = "", tip: str = "") -> None:
        """A text; the classes ``end`` and ``middle`` say where ``x`` is, the start is the default."""
        node = ET.SubElement(self._root, "text", {"x": num(x), "y": num(y)} | ({"class": cls} if cls else {}))
        node.text = text
        if tip:
            ET.SubElement(node, "title").text = tip

    def hatch(self, name: str) -> str:
        """Define the hatching ``name`` and return the fill that uses it: tells areas apart without their colour."""
        key = f"{self.key}-{name}"
        size = {"width": "5", "height": "5", "patternUnits": "userSpaceOnUse", "patternTransform": "rotate(45)"}
        pattern = ET.SubElement(ET.SubElement(self._root, "defs"), "pattern", {"id": key, **size})
        ET.SubElement(pattern, "rect", {"width": "5", "height": "5", "class": f"{name}-ground"})
        ET.SubElement(pattern, "path", {"d": "M0 0V5", "class": f"{name}-lines"})
        return f"url(#{key})"

    def __str__(self) -> str:
        """The picture as a part of an HTML page; its colours come from the page's style sheet."""
        return ET.tostring(self._root, encoding="unicode")

    def alone(self, style: str) -> str:
        """The picture as a file of its own, with the style sheet it needs."""
        root = ET.fromstring(str(self))
        root.set("xmlns", "http://www.w3.org/2000/svg")
        root.set("width", num(2 * WIDTH))
        root.set("height", num(2 * self.height))
        sheet = ET.Element("style")
        sheet.text = style
        root[2:2] = [sheet, ET.Element("rect", {"width": "100%", "height": "100%", "class": "paper"})]
        return ET.tostring(root, encoding="unicode")


def num(value: float) -> str:
    """A coordinate with a tenth of a pixel."""
    return f"{value:.1f}".removesuffix(".0")
