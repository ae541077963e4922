"""What values mean: the same as to protobuf's own parser."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autofix.errors import PrototxtError
from autofix.prototxt import Scalar, format_number, parse
from autofix.prototxt.scalars import quote


def scalar(raw: str) -> Scalar:
    value = parse(f"x: {raw}").root.scalar("x")
    assert value is not None
    return value


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ('""', ""),
        ("'it''s'", "its"),
        ('"a" \'b\' # c "d"\n "e"', "abe"),
        (r'"\a\b\f\n\r\t\v\\\'\"\?"', "\a\b\f\n\r\t\v\\'\"?"),
        (r'"\101\x42\X43\0"', "ABC\0"),
        (r'"\303\251 \u00e9 \U0001F600"', "é é 😀"),
        ('"größer"', "größer"),
        ('"# { ] "', "# { ] "),
        (r'"\377"', "\udcff"),
    ],
)
def test_strings(raw: str, text: str) -> None:
    assert scalar(raw).string == text


@pytest.mark.parametrize(
    ("raw", "number"),
    [
        *[("1", 1), ("-1", -1), ("0", 0), ("0x1F", 31), ("017", 15), ("1.5", 1.5), (".5", 0.5), ("2.", 2)],
        *[("1e-3", 0.001), ("1.E+2", 100), ("3f", 3), ("3.5F", 3.5), ("- 2", -2), ("-# so\n 5e-3", -0.005)],
        *[("inf", math.inf), ("-Infinity", -math.inf), ("1e400", math.inf), ("9" * 5000, math.inf)],
        *[("0x" + "F" * 400, math.inf), ("123456789012345678901234567890", 123456789012345678901234567890.0)],
    ],
)
def test_numbers(raw: str, number: float) -> None:
    assert scalar(raw).number == number


@pytest.mark.parametrize("raw", ["nan", "-nan", "NaN"])
def test_nan_is_a_number(raw: str) -> None:
    assert math.isnan(scalar(raw).number)


@pytest.mark.parametrize(("raw", "whole"), [("7", 7), ("-0x10", -16), ("- 010", -8), ("0", 0)])
def test_integers(raw: str, whole: int) -> None:
    assert scalar(raw).integer == whole


def test_booleans_and_words() -> None:
    assert [scalar(raw).boolean for raw in ("true", "True", "t", "1")] == [True] * 4
    assert [scalar(raw).boolean for raw in ("false", "False", "f", "0")] == [False] * 4
    assert (scalar("LMDB").word, scalar('"LMDB"').word) == ("LMDB", "LMDB")


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        *[("TRAIN", "number"), ("nanf", "number"), ("_1", "number"), ('"1"', "number"), ("1.5", "integer")],
        *[("9" * 5000, "integer"), ("TRAIN", "string"), ("1", "string"), ("1", "word"), ("TRUE", "boolean")],
    ],
)
def test_a_value_of_another_kind_is_an_error_at_its_place(raw: str, kind: str) -> None:
    with pytest.raises(PrototxtError) as caught:
        getattr(scalar(raw), kind)
    assert (caught.value.line, caught.value.column) == (1, 4)


def test_lookup() -> None:
    root = parse('a: 1 b { c: 2 } a: [3, 4] b { c: 5 } d: "x"').root
    assert [value.integer for value in root.scalars("a")] == [1, 3, 4]
    assert [block.integer("c", 0) for block in root.messages("b")] == [2, 5]
    assert (root.integer("a", 0), root.text("d"), root.number("missing", 0.5)) == (4, "x", 0.5)
    assert "b" in root
    assert parse("[ a.b\n.c ] { }").root.fields[0].name == "[a.b.c]"
    assert root.message("missing") is None
    with pytest.raises(PrototxtError, match="'b' needs a value here, not a block in braces"):
        root.scalar("b")
    with pytest.raises(PrototxtError, match="'a' needs a block in braces, not 1"):
        root.message("a")


@given(st.text(st.characters(codec="utf-8")), st.sampled_from("\"'"))
def test_quoting_is_undone_by_parsing(text: str, mark: str) -> None:
    assert scalar(quote(text, mark)).string == text


@given(st.floats(allow_nan=False, width=32))
def test_numbers_are_written_with_six_digits(value: float) -> None:
    written = format_number(value)
    assert scalar(written).number == pytest.approx(value, rel=5e-6)
    assert len(written.lstrip("-").split("e")[0].replace(".", "").lstrip("0")) <= 6


@pytest.mark.parametrize(
    ("value", "text"),
    [(1 / 256, "0.00390625"), (1e-5, "1e-05"), (0.001, "0.001"), (300, "300"), (0.1 + 0.2, "0.3"), (1.0, "1")],
)
def test_numbers_look_as_people_write_them(value: float, text: str) -> None:
    assert format_number(value) == text
