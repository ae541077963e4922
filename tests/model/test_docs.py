"""The diffs shown in docs/patching.md are what a patch makes."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from autofix.model import Candidate, load, patch

PAGE = (Path(__file__).parents[2] / "docs" / "patching.md").read_text()
SAMPLES = re.findall(r"<!-- (\{[^\n]*\}) -->\n```diff\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize(("candidate", "shown"), SAMPLES, ids=[candidate for candidate, _ in SAMPLES])
def test_shown_diffs(candidate: str, shown: str, tmp_path: Path) -> None:
    rows = shown.splitlines(keepends=True)
    before, after = ("".join(row[1:] for row in rows if row[0] in kinds) for kinds in (" -", " +"))
    (tmp_path / "net.prototxt").write_text(before)
    (tmp_path / "solver.prototxt").write_text('net: "net.prototxt"')
    training = load(tmp_path / "solver.prototxt", cwd=tmp_path)
    result = patch(training, Candidate(**json.loads(candidate)))
    assert str(result.document(tmp_path / "net.prototxt")) == after


def test_every_diff_is_checked() -> None:
    assert len(SAMPLES) == PAGE.count("```diff") == 4
