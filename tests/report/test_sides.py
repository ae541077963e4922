"""Side by side stands what the diff says, line by line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autofix.prototxt import diff, parse
from autofix.report.sides import read_sides

lines = st.lists(st.sampled_from(["a: 1", "b: 2", "-- c", "++ d", "", "# e\r"]), max_size=30)


@given(lines, lines, st.booleans())
def test_both_sides_are_the_files_and_unchanged_lines_face_each_other(before, after, ends):
    texts = ["\n".join(f"# {line}" for line in part) + ("\n" if ends and part else "") for part in (before, after)]
    old, new = (parse(text) for text in texts)
    files = list(read_sides(diff(old, new, "a/net.prototxt", "b/net.prototxt")))
    assert len(files) == (texts[0] != texts[1])
    for file in files:
        assert file.file == "net.prototxt"
        pairs = [pair for hunk in file.hunks for pair in hunk]
        for text, shown in zip(texts, ([p.before for p in pairs], [p.after for p in pairs]), strict=True):
            numbered = text.split("\n")
            found = [line for line in shown if line is not None]
            assert [line.number for line in found] == sorted({line.number for line in found})
            assert all(numbered[line.number - 1].removesuffix("\r") == line.text for line in found)
        for pair in pairs:
            assert pair.before is not None or pair.after is not None


def test_several_files_and_names_with_spaces():
    before, after = parse("a: 1\n"), parse("a: 2\n")
    text = diff(before, after, "a/nets of mine/x y.prototxt\t", "b/x") + diff(before, after, "a/b.prototxt", "b/b")
    assert [file.file for file in read_sides(text)] == ["nets of mine/x y.prototxt", "b.prototxt"]


@pytest.mark.parametrize("text", ["", "\n"])
def test_no_diff_has_no_sides(text):
    assert list(read_sides(text)) == []
