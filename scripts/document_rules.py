"""Print docs/lint.md: the manual's page on ``autofix lint``, from the rules' docstrings.

python scripts/document_rules.py > docs/lint.md
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator

from autofix.health.static import Rule, all_rules

HEAD = """# What `autofix lint` looks for

    autofix lint SOLVER [--json]

tells what is wrong with a training by its prototxts, and by its data sets where they can be read, without Caffe. One
line for each finding, as compilers print them, and below it what to do:

    net.prototxt:12: error S301 The weights of layer conv1 start at zero for want of a weight_filler: ...
        write  weight_filler { type: "msra" }  (or "xavier"), unless the weights are loaded with --weights

An **error** stops Caffe or the learning, a **warning** may, an **info** is good to know. The exit code is 1 if there is
an error, 0 if there is none, 2 if a file cannot be read. `--json` prints `{"schema": 1, "solver": ..., "findings":
[...]}`; a finding has the fields that [report.json](report.md) gives it, and `file` and `line`.

Types of layers, fillers and fields that look like none of Caffe's are taken to be a fork's and left in peace. Where a
rule says that Caffe stops, real Caffe was seen to stop (`tests/health/static/test_rules_on_caffe.py`).

This page is made of the rules' own docstrings by `scripts/document_rules.py`; do not edit it by hand.
"""
GROUPS = {
    "S1": "The solver",
    "S2": "The net",
    "S3": "Weights",
    "S4": "Data",
    "S5": "Losses",
}


def page() -> str:
    """The whole page."""
    return "\n".join([HEAD, *_table(), *(line for rule in all_rules() for line in _section(rule))])


def _table() -> Iterator[str]:
    yield "| code | what is wrong | as a rule |"
    yield "| --- | --- | --- |"
    for rule in all_rules():
        yield f"| [{rule.code}](#{_anchor(rule)}) | {rule.title} | {rule.severity.value} |"
    yield ""


def _section(rule: Rule) -> Iterator[str]:
    what, sick, well = _parts(rule)
    if rule is next(other for other in all_rules() if other.code[:2] == rule.code[:2]):
        yield f"## {GROUPS[rule.code[:2]]}\n"
    yield f"### {_heading(rule)}\n"
    yield f"{what}\n"
    yield f"- **Sick:** {sick}"
    yield f"- **Well:** {well}\n"


def _parts(rule: Rule) -> list[str]:
    """The docstring's first line, its part on sick and that on well trainings, with the rule's thresholds put in."""
    parts = re.split(r"\s+(?:Sick|Well): ", inspect.getdoc(type(rule)) or "")
    return [re.sub(r"``(.*?)``", lambda match: _code(rule, match[1]), " ".join(part.split())) for part in parts]


def _code(rule: Rule, name: str) -> str:
    """A piece of code; a threshold's name becomes its value."""
    value = getattr(rule, name, None) if name.isidentifier() else None
    return f"{value:g}" if isinstance(value, (int, float)) else f"`{name}`"


def _heading(rule: Rule) -> str:
    return f"{rule.code}: {rule.title}"


def _anchor(rule: Rule) -> str:
    """The heading as GitHub names it in links."""
    return re.sub(r"[^\w -]", "", _heading(rule).lower()).replace(" ", "-")


if __name__ == "__main__":
    print(page(), end="")
