"""Print docs/lint.md: the manual's page on ``autofix lint``, from the rules' docstrings.

python scripts/document_rules.py > docs/lint.md
"""

from __future__ import annotations

from manual import section, table

from autofix.health.static import all_rules

HEAD = """# What `autofix lint` looks for

    autofix lint SOLVER [--weights FILE] [--json]

tells what is wrong with a training by its prototxts, and by its data sets where they can be read, without Caffe. One
line for each finding, as compilers print them, and below it what to do:

    net.prototxt:12: error S301 The weights of layer conv1 start at zero for want of a weight_filler: ...
        write  weight_filler { type: "msra" }  (or "xavier"), unless the weights are loaded with --weights

An **error** stops Caffe or the learning, a **warning** may, an **info** is good to know. The exit code is 1 if there is
an error, 0 if there is none, 2 if a file cannot be read. `--json` prints `{"schema": 1, "solver": ..., "findings":
[...]}`; a finding has the fields that [report.json](report.md) gives it, and `file` and `line`.

Errors come first, those for which Caffe cannot read a file before all others. A slip is told once, with what was meant:
where it is known, lint mends the file in memory, looks again, and leaves out what is gone then. So a solver with
`base_Ir: 0.01` is not told that it has no base_lr, and a misspelt bottom not that nothing reads the blob it meant.

Types of layers, fillers and fields that look like none of Caffe's are taken to be a fork's and left in peace. Where a
rule says that Caffe stops, real Caffe was seen to stop (`tests/health/static/test_rules_on_caffe.py`). Shapes are not
followed through the net: of branches that do not fit together, or a kernel larger than its input, Caffe alone tells.

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
    rules = all_rules()
    return "\n".join(
        [HEAD, *table(rules, "as a rule"), *(line for rule in rules for line in section(rule, rules, GROUPS))]
    )


if __name__ == "__main__":
    print(page(), end="")
