"""Edits are made in one pass; what they do not cover is untouched; what is wrong with them is said."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autofix.errors import PrototxtError
from autofix.prototxt import (
    Document,
    Edit,
    EditConflictError,
    Message,
    Verbatim,
    apply,
    diff,
    insert,
    parse,
    remove,
    replace,
)

NAMES = st.sampled_from(["a", "layer", "lr_mult", "x1", "[my.ext]"])
BLANKS = st.sampled_from(["", " ", "  ", "\n", "\r\n", "\t", " # a comment\n", "\n\n  "])
SCALARS = st.sampled_from(["1", "-0.5", "1e-3", "TRAIN", "true", '"text"', "'x' \"y\"", "0x10", "[1, 2]", "[]"])
SEPARATORS = st.sampled_from(["", ",", ";"])


@st.composite
def bodies(draw: st.DrawFn, depth: int = 0) -> str:
    """The inside of a block (at depth 0, a whole document) in any style."""
    parts = [draw(BLANKS)]
    for _ in range(draw(st.integers(0, 3))):
        if depth < 3 and draw(st.booleans()):
            opening, closing = draw(st.sampled_from(["{}", "<>"]))
            colon = draw(st.sampled_from(["", ":"]))
            value = colon + draw(BLANKS) + opening + draw(bodies(depth + 1)) + closing
        else:
            value = ":" + draw(BLANKS) + draw(SCALARS)
        parts += [draw(NAMES), draw(BLANKS), value, draw(BLANKS), draw(SEPARATORS), draw(BLANKS) or " "]
    return "".join(parts)


def blocks(message: Message) -> list[Message]:
    inner = [field.value for field in message if isinstance(field.value, Message)]
    return [message, *(block for each in inner for block in blocks(each))]


def outline(message: Message) -> list[object]:
    """Names and values, without what stands between them."""
    return [
        (field.name, outline(field.value) if isinstance(field.value, Message) else field.value.raw) for field in message
    ]


@given(bodies())
def test_documents_in_any_style_come_back(text: str) -> None:
    assert str(parse(text)) == text


@given(bodies(), st.data())
def test_an_insertion_adds_its_fields_and_nothing_else(text: str, data: st.DataObject) -> None:
    document = parse(text)
    index = data.draw(st.integers(0, len(blocks(document.root)) - 1))
    block = blocks(document.root)[index]
    place = data.draw(st.integers(0, len(block.fields)))
    after = block.fields[place - 1] if place else None
    place = place if after else len(block.fields)
    edit = insert(block, [("new", 0.5), ("block", [("name", Verbatim("X"))])], "because", after)
    result = apply(document, [edit])
    assert len(str(result)) == len(text) - (edit.end - edit.start) + len(edit.text)
    wanted = outline(block)
    wanted[place:place] = [("new", "0.5"), ("block", [("name", "X")])]
    assert outline(blocks(result.root)[index]) == wanted


@given(bodies(), st.data())
def test_a_removal_takes_its_field_and_nothing_else(text: str, data: st.DataObject) -> None:
    document = parse(text)
    candidates = [(i, j) for i, block in enumerate(blocks(document.root)) for j in range(len(block.fields))]
    if not candidates:
        return
    index, place = data.draw(st.sampled_from(candidates))
    block = blocks(document.root)[index]
    result = apply(document, [remove(block.fields[place], "because")])
    wanted = outline(block)
    del wanted[place]
    assert outline(blocks(result.root)[index]) == wanted


@given(st.text("ab\n", max_size=30), st.lists(st.tuples(st.integers(0, 30), st.integers(0, 5), st.text("xy\n"))))
def test_apply_is_slicing_from_the_back(noise: str, wishes: list[tuple[int, int, str]]) -> None:
    """The twin: edits that do not touch are made one after the other, the last one first."""
    text = "".join(f"# {line}\n" for line in noise.split("\n"))
    edits, free = [], 0
    for start, size, new in sorted(wishes):
        if free <= start and start + size <= len(text):
            edits.append(Edit(start, start + size, new.replace("\n", ""), "because"))
            free = start + size + 1
    slow = text
    for edit in reversed(edits):
        slow = slow[: edit.start] + edit.text + slow[edit.end :]
    try:
        assert str(apply(parse(text), reversed(edits))) == slow
    except PrototxtError:
        with pytest.raises(PrototxtError):
            parse(slow)


def test_insertions_at_one_place_keep_their_order() -> None:
    document = parse("a: 1\n")
    edits = [insert(document.root, [(name, 1)], name) for name in ("z", "b", "y")]
    assert str(apply(document, edits)) == "a: 1\nz: 1\nb: 1\ny: 1\n"


def test_overlapping_edits_are_an_error_that_names_both() -> None:
    document = parse("a: 1\nb: 22\n", Path("net.prototxt"))
    edits = [Edit(8, 10, "3", "a smaller b"), Edit(5, 9, "", "no b at all")]
    with pytest.raises(EditConflictError, match=r"^net.prototxt:2:4: .*'no b at all' and 'a smaller b'"):
        apply(document, edits)


def test_an_edit_that_breaks_the_document_is_an_error() -> None:
    with pytest.raises(PrototxtError):
        apply(parse("a { b: 1 }"), [Edit(9, 10, "", "because")])


def number(document: Document, name: str, value: float) -> Document:
    scalar = document.root.scalar(name)
    assert scalar is not None
    return apply(document, [replace(scalar, value, "because")])


def test_the_diff_of_one_number_is_one_line() -> None:
    before = parse("".join(f"a{i}: {i}\n" for i in range(20)), Path("solver.prototxt"))
    assert diff(before, number(before, "a9", 0.5), after_name="out/solver.prototxt", context=1) == (
        "--- solver.prototxt\n+++ out/solver.prototxt\n@@ -9,3 +9,3 @@\n a8: 8\n-a9: 9\n+a9: 0.5\n a10: 10\n"
    )
    assert diff(before, before) == ""


def test_a_missing_last_line_end_is_told() -> None:
    before = parse("a: 1\nb: 2")
    assert diff(before, number(before, "b", 3), "x", "y").endswith(
        "-b: 2\n\\ No newline at end of file\n+b: 3\n\\ No newline at end of file\n"
    )


LINES = st.lists(st.sampled_from(["}", "a: 1", "b: 2\r", "c: 3 # \x0c\u2028", "  {", ""]), max_size=25)


@given(LINES, LINES, st.booleans(), st.booleans())
def test_git_takes_every_diff(old: list[str], new: list[str], old_ends: bool, new_ends: bool) -> None:
    texts = ["# start\n" + "".join(f"#{line}\n" for line in lines) for lines in (old, new)]
    before, after = (parse(t if ends else t[:-1]) for t, ends in zip(texts, (old_ends, new_ends), strict=True))
    if before.text == after.text:
        return
    assert rebuilt(before.text, diff(before, after, "a/net", "b/net")) == after.text


def rebuilt(text: str, patch: str) -> str:
    """``text`` with ``patch`` applied, read as slowly and literally as possible."""
    lines, result, place = text.split("\n"), list[str](), 0
    lines = [line + "\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])
    rows = [row + "\n" for row in patch.split("\n")[:-1]]
    for index, row in enumerate(rows):
        bare = index + 1 < len(rows) and rows[index + 1].startswith("\\")
        body = row[1:-1] if bare else row[1:]
        if row.startswith("@@"):
            start = int(row.split()[1].split(",")[0][1:])
            start -= 0 if row.split()[1].endswith(",0") else 1
            result += lines[place:start]
            place = start
        elif row[0] in " -" and not row.startswith("--- "):
            assert lines[place] == body
            place += 1
            result += [body] if row[0] == " " else []
        elif row[0] == "+" and not row.startswith("+++ "):
            result.append(body)
    return "".join(result + lines[place:])


def test_git_applies_a_diff(tmp_path: Path) -> None:
    before = parse("a: 1\r\nb: 2 # größer\nc {\n  d: 3\n}", tmp_path / "net.prototxt")
    after = number(before, "b", 5)
    (tmp_path / "net.prototxt").write_bytes(before.text.encode())
    (tmp_path / "fix.diff").write_bytes(diff(before, after, "a/net.prototxt", "b/net.prototxt").encode())
    subprocess.run(["git", "apply", "--whitespace=nowarn", "fix.diff"], cwd=tmp_path, check=True, capture_output=True)
    assert (tmp_path / "net.prototxt").read_bytes() == after.text.encode()


def test_the_diff_of_a_large_net_is_minimal_and_quick() -> None:
    """difflib alone takes minutes here, or calls most of the lines changed."""
    layer = "layer {\n  type: 'a'\n  param {\n    lr_mult: 1\n  }\n  filler {\n    std: 0.1\n  }\n}\n"
    before = parse(layer * 1000)
    scalars = [block.scalar("std") for la in before.root.messages("layer") for block in la.messages("filler")]
    after = apply(before, [replace(scalar, 0.2, "because") for scalar in scalars if scalar])
    rows = diff(before, after).splitlines()
    assert sum(row.startswith("-  ") for row in rows) == sum(row.startswith("+  ") for row in rows) == 1000
