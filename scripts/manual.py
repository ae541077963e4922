"""What the manual's pages on lint rules and on checks share: docstrings with a sick and a well part become sections."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping, Sequence

from autofix.health import Check
from autofix.health.static import Rule


def table(rules: Sequence[Rule | Check], severity: str) -> Iterator[str]:
    """The overview, with a link to each section; ``severity`` is the last column's head."""
    yield f"| code | what is wrong | {severity} |"
    yield "| --- | --- | --- |"
    for rule in rules:
        yield f"| [{rule.code}](#{_anchor(rule)}) | {rule.title} | {rule.severity.value} |"
    yield ""


def section(rule: Rule | Check, rules: Sequence[Rule | Check], groups: Mapping[str, str]) -> Iterator[str]:
    """What a rule looks for; before the first of its group, the group's heading."""
    what, sick, well = _parts(rule)
    if rule is next(other for other in rules if other.code[:2] == rule.code[:2]):
        yield f"## {groups[rule.code[:2]]}\n"
    yield f"### {_heading(rule)}\n"
    yield f"{what}\n"
    yield f"- **Sick:** {sick}"
    yield f"- **Well:** {well}\n"


def told(text: str, owner: object) -> str:
    """A piece of a docstring on one line; a threshold's name becomes the value that ``owner`` has."""
    return re.sub(r"``(.*?)``", lambda match: _code(owner, match[1]), " ".join(text.split()))


def _parts(rule: Rule | Check) -> list[str]:
    """The docstring's first line, its part on sick and that on well trainings."""
    parts = re.split(r"\s+(?:Sick|Well): ", inspect.getdoc(type(rule)) or "")
    return [told(part, rule) for part in parts]


def _code(owner: object, name: str) -> str:
    value = getattr(owner, name, None) if name.isidentifier() else None
    return f"{value:g}" if isinstance(value, (int, float)) else f"`{name}`"


def _heading(rule: Rule | Check) -> str:
    return f"{rule.code}: {rule.title}"


def _anchor(rule: Rule | Check) -> str:
    """The heading as GitHub names it in links."""
    return re.sub(r"[^\w -]", "", _heading(rule).lower()).replace(" ", "-")
