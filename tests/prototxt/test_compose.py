"""New text looks like its neighbours; everything else stays as it was."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from autofix.prototxt import Content, Field, Message, Verbatim, apply, insert, parse, remove, rename, replace

LR: list[tuple[str, Content]] = [("lr", 0.5)]
FILLER: list[tuple[str, Content]] = [("filler", [("type", "gaussian"), ("std", 0.01)])]


def field_at(root: Message, path: str) -> Field:
    """The field that a path such as "layer.name" leads to."""
    *blocks, last = path.split(".")
    for name in blocks:
        inner = root.message(name)
        assert inner is not None
        root = inner
    field = root.get(last)
    assert field is not None
    return field


REPLACED = [
    ("a: 1 # one\n", "a", 2, "a: 2 # one\n"),
    ("a:1,b:2", "a", 0.00390625, "a:0.00390625,b:2"),
    ("a: 'x'", "a", "y", "a: 'y'"),
    ('a: "x" "y"', "a", 'say "z"', 'a: "say \\"z\\""'),
    ("a: TRAIN", "a", Verbatim("TEST"), "a: TEST"),
    ("b { a: false }", "b.a", True, "b { a: true }"),
    ("a: - 1\r\n", "a", 1e-5, "a: 1e-05\r\n"),
]


@pytest.mark.parametrize(("text", "path", "value", "after"), REPLACED)
def test_replace(text: str, path: str, value: str | float, after: str) -> None:
    document = parse(text)
    old = field_at(document.root, path).value
    assert str(apply(document, [replace(old, value, "because")])) == after  # type: ignore[arg-type]


def test_rename() -> None:
    document = parse("filler { type: 'constant' value:0.2 # v\n}")
    edit = rename(field_at(document.root, "filler.value"), "std", 0.1, "because")
    assert str(apply(document, [edit])) == "filler { type: 'constant' std:0.1 # v\n}"


# text, the block that gets the fields ("" is the document), the field they come behind ("" is the last), new fields
INSERTED = [
    ("a line of its own", "a: 1\nb: 2\n", "", "", LR, "a: 1\nb: 2\nlr: 0.5\n"),
    ("behind a comment", "a: 1 # one\nb: 2\n", "", "a", LR, "a: 1 # one\nlr: 0.5\nb: 2\n"),
    ("no last line end", "a: 1", "", "", LR, "a: 1\nlr: 0.5"),
    ("CRLF", "a: 1\r\nb: 2\r\n", "", "", LR, "a: 1\r\nb: 2\r\nlr: 0.5\r\n"),
    ("CRLF, comment", "a: 1 # c\r\nb: 2\r\n", "", "a", LR, "a: 1 # c\r\nlr: 0.5\r\nb: 2\r\n"),
    ("tabs", "p {\n\ta: 1\n}\n", "p", "", LR, "p {\n\ta: 1\n\tlr: 0.5\n}\n"),
    ("no blank behind the colon", "p {\n  a:1\n}", "p", "", LR, "p {\n  a:1\n  lr:0.5\n}"),
    ("colons in a column", "a  :    1\n", "", "", LR, "a  :    1\nlr: 0.5\n"),
    ("separators at line ends", "a: 1;\nb: 2;\n", "", "", LR, "a: 1;\nb: 2;\nlr: 0.5;\n"),
    ("separators between", "a: 1,\nb: 2\n", "", "", LR, "a: 1,\nb: 2\nlr: 0.5\n"),
    ("one line", "p { a: 1 }", "p", "", LR, "p { a: 1 lr: 0.5 }"),
    ("one cramped line", "p{a:1}", "p", "", LR, "p{a:1 lr:0.5}"),
    ("one line, in between", "p { a: 1 b: 2 }", "p", "a", LR, "p { a: 1 lr: 0.5 b: 2 }"),
    ("one line, glued", "p{a:'x'b:2}", "p", "a", [("m", Verbatim("MAX"))], "p{a:'x' m:MAX b:2}"),
    ("one line, separators", "p { a: 1, b: 2 }", "p", "", LR, "p { a: 1, b: 2, lr: 0.5 }"),
    ("one line, separators, in between", "p { a: 1, b: 2 }", "p", "a", LR, "p { a: 1, lr: 0.5, b: 2 }"),
    ("last brace on the field's line", "p {\n  a: 1 }", "p", "", LR, "p {\n  a: 1 lr: 0.5 }"),
    ("field on the brace's line", "p { a: 1\n}", "p", "", LR, "p { a: 1 lr: 0.5\n}"),
    ("empty", "p {}", "p", "", LR, "p { lr: 0.5 }"),
    ("empty, angular", "p < >", "p", "", LR, "p < lr: 0.5 >"),
    ("empty, lines", "  p {\n  }\n", "p", "", LR, "  p {\n    lr: 0.5\n  }\n"),
    ("empty, comment", "p { # none\r\n}", "p", "", LR, "p { # none\r\n  lr: 0.5\r\n}"),
    ("empty document", "", "", "", LR, "lr: 0.5\n"),
    ("comments only", "# nothing", "", "", LR, "# nothing\nlr: 0.5\n"),
    ("byte order mark", "\ufeffa: 1\n", "", "", LR, "\ufeffa: 1\nlr: 0.5\n"),
    ("several", "a: 1\n", "", "", [*LR, ("on", True)], "a: 1\nlr: 0.5\non: true\n"),
    (
        "a block",
        "p {\n    a: 1\n}\n",
        "p",
        "",
        FILLER,
        'p {\n    a: 1\n    filler {\n        type: "gaussian"\n        std: 0.01\n    }\n}\n',
    ),
    ("a block in one line", "p { a: 1 }", "p", "", FILLER, 'p { a: 1 filler { type: "gaussian" std: 0.01 } }'),
    (
        "a block like its neighbour's",
        "p: <\n  b: <\n   a : 1\n  >\n>\n",
        "p",
        "",
        FILLER,
        'p: <\n  b: <\n   a : 1\n  >\n  filler: <\n   type : "gaussian"\n   std : 0.01\n  >\n>\n',
    ),
    (
        "a brace on a line of its own",
        "p\n{\n\ta: 1\n}\n",
        "",
        "p",
        FILLER,
        'p\n{\n\ta: 1\n}\nfiller\n{\n\ttype: "gaussian"\n\tstd: 0.01\n}\n',
    ),
    ("single quotes", "a: 'x'\n", "", "", [("b", "y")], "a: 'x'\nb: 'y'\n"),
    (
        "a block like its neighbour on one line",
        "p { a: 1 }\n",
        "",
        "p",
        [("q", [("b", 2)])],
        "p { a: 1 }\nq { b: 2 }\n",
    ),
    (
        "blocks within on one line where the neighbour's are",
        "p {\n  c { d: 1 }\n}\n",
        "",
        "p",
        [("q", [("c", [("d", 2)]), ("e", [("d", 3)])])],
        "p {\n  c { d: 1 }\n}\nq {\n  c { d: 2 }\n  e {\n    d: 3\n  }\n}\n",
    ),
    ("behind several fields on a line", "a: 1\nb: 2 c: 3 # c\n", "", "", LR, "a: 1\nb: 2 c: 3 # c\nlr: 0.5\n"),
    ("behind a block that ends on a line", "p { a: 1\n  b: 2 }\n", "", "p", LR, "p { a: 1\n  b: 2 }\nlr: 0.5\n"),
]


@pytest.mark.parametrize(
    ("text", "block", "after", "fields", "result"), [case[1:] for case in INSERTED], ids=[case[0] for case in INSERTED]
)
def test_insert(text: str, block: str, after: str, fields: Sequence[tuple[str, Content]], result: str) -> None:
    document = parse(text)
    message = document.root.message(block) if block else document.root
    assert message is not None
    edit = insert(message, fields, "because", message.get(after) if after else None)
    assert str(apply(document, [edit])) == result


REMOVED = [
    ("a: 1\nb: 2\n", "a", "b: 2\n"),
    ("a: 1 # one\nb: 2", "a", "b: 2"),
    ("a: 1\r\nb: 2\r\n", "b", "a: 1\r\n"),
    ("a: 1\nb: 2", "b", "a: 1\n"),
    ("a: 1 b: 2\n", "a", "b: 2\n"),
    ("p { a: 1, b: 2 }", "p.b", "p { a: 1, }"),
    ("p {\n  a {\n    x: 1\n  }\n  b: 2\n}", "p.a", "p {\n  b: 2\n}"),
    ("a: M b{}c: 1", "b", "a: M c: 1"),
    ("a: 'x'b{}c: 1", "b", "a: 'x' c: 1"),
    ("\ufeffa: 1\nb: 2\n", "a", "\ufeffb: 2\n"),
]


@pytest.mark.parametrize(("text", "path", "after"), REMOVED)
def test_remove(text: str, path: str, after: str) -> None:
    document = parse(text)
    assert str(apply(document, [remove(field_at(document.root, path), "because")])) == after


def test_neighbours_can_be_removed_together() -> None:
    document = parse("a: 1 b: 2 c: 3 # last\nd: 4\n")
    edits = [remove(field, "because") for field in document.root.all("a", "b", "c")]
    assert parse(str(apply(document, edits))).root.fields[0].name == "d"
