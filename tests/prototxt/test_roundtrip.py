"""An unedited document gives back its bytes, whatever it looks like; a file in ``files/`` is a test.

So is every prototxt of the project: the cases of the model (each patched there with an expected diff), of the static
rules, the examples and the corpus.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from autofix.prototxt import ListValue, Message, apply, parse, read, write

ROOT = Path(__file__).parents[2]
FILES = sorted((Path(__file__).parent / "files").glob("*.prototxt"))
OTHERS = sorted(
    path
    for folder in ("tests/model/cases", "tests/health/static/cases", "examples", "studies/corpus/nets")
    for path in (ROOT / folder).rglob("*.prototxt")
    if ".autofix" not in str(path)
)


@pytest.mark.parametrize("path", [*FILES, *OTHERS], ids=lambda path: str(path.relative_to(ROOT).with_suffix("")))
def test_bytes_come_back(path: Path, tmp_path: Path) -> None:
    document = read(path)
    write(document, tmp_path / "copy.prototxt")
    assert (tmp_path / "copy.prototxt").read_bytes() == path.read_bytes()
    assert str(apply(document, [])) == str(document)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_nodes_are_spans_in_order(path: Path) -> None:
    document = read(path)
    text = str(document)

    def walk(message: Message) -> None:
        last = message.body_start
        for field in message:
            assert last <= field.start < field.name_end <= field.value.start < field.value.end <= field.end
            assert text[field.start : field.end] == field.raw
            assert parse(field.raw).root.fields[0].name == field.name, "a field's span is a document of its own"
            last = field.end
            values = field.value.items if isinstance(field.value, ListValue) else (field.value,)
            for value in values:
                if isinstance(value, Message):
                    assert (text[value.start], text[value.end - 1]) in {("{", "}"), ("<", ">")}
                    walk(value)
        assert last <= message.body_end

    walk(document.root)
