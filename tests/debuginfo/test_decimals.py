"""The fast reading of numbers, beside Python's own."""

from __future__ import annotations

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from autofix.debuginfo.decimals import PAD, parse_decimals

DOTTED = [
    f"{'1234567890123456'[:dot]}.{'6543210987654321'[: size - dot]}" for size in range(1, 16) for dot in range(size + 1)
]
ZEROS = [f"0.{'0' * zeros}{digits}" for zeros in range(10) for digits in ("1", "12", "123456")]
PRINTED = st.floats().map(lambda value: f"{value:.6g}")  # as C++ streams do
ODD = st.text("0123456789.e+-naif ", min_size=1, max_size=20)


def parsed(texts: list[str]) -> list[float | None]:
    ends = PAD + np.cumsum([len(text) + 1 for text in texts]) - 1
    starts = ends - [len(text) for text in texts]
    buffer = b"x" * PAD + "".join(f"{text}\n" for text in texts).encode()
    values, are_numbers = parse_decimals(buffer, starts, ends)
    return [float(value) if is_number else None for value, is_number in zip(values, are_numbers, strict=True)]


@given(st.lists(PRINTED, min_size=1))
@example(["0", "-0", "1", "87.3365", "1e-05", "0.000123457", "3.40282e+38", "1.4013e-45", "nan", "-nan", "-inf"])
@example(DOTTED)
@example(ZEROS)
@example(["12345678", "123456789", "1234567890123456", "0.12345678", "9007199254740993", "1e+22", "1e+23"])
def test_printed_numbers_are_read_as_python_reads_them(texts: list[str]) -> None:
    assert repr(parsed(texts)) == repr([float(text) for text in texts])


@given(st.one_of(ODD, PRINTED))
@example("1..2")
@example(".")
@example("e-07")
@example(".e-07")
@example("1e-0.")
@example("1\N{SUPERSCRIPT TWO}")
def test_any_text_is_read_or_refused_as_python_does(text: str) -> None:
    try:
        expected = float(text.encode())
    except ValueError:
        expected = None
    assert repr(parsed(["1", text])) == repr([1.0, expected])
