"""Whatever is wrong with a text: one line that says where and what, never a traceback."""

from __future__ import annotations

import random
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autofix.errors import PrototxtError
from autofix.prototxt import parse

MISTAKES = [
    ("layer {\n  name: 'a'\n", (3, 1), "'}' missing for 'layer {' opened at line 1"),
    ("a: 1\n}\n", (2, 1), "'}' closes nothing"),
    ("a { b: 1 >", (1, 10), "'}' missing for 'a {' opened at line 1, found '>'"),
    ("a < b: 1 }", (1, 10), "'>' missing for 'a <' opened at line 1, found '}'"),
    ("num_output:\n}", (2, 1), "'}' closes nothing"),
    ("a { num_output:\n}", (2, 1), "the value of 'num_output' should stand here, found '}'"),
    ("num_output:", (1, 12), "the file ends where the value of 'num_output' should stand"),
    ("num_output", (1, 11), "':' or '{' is missing after 'num_output'"),
    ("num_output 10", (1, 11), "':' or '{' is missing after 'num_output', found '10'"),
    ('name: "conv1\ntop: 1', (1, 7), 'a text whose closing " is missing on this line'),
    ("name: “conv1”", (1, 7), "the typographic quote “ (use \" or ')"),
    (r'source: "C:\data"', (1, 9), r"a backslash that means nothing (\\ is a backslash)"),
    ("// comment", (1, 1), "a comment that does not begin with #"),
    ("a: 08", (1, 4), "a number that begins with 0 and so would be octal"),
    ("a: 1.2.3", (1, 4), "found '1.2.3'"),
    ("a: 1b: 2", (1, 4), "found '1b'"),
    ("a: +1", (1, 4), "found '+'"),
    ("a: -TRAIN", (1, 5), "found 'TRAIN'"),
    ("a: [1 2]", (1, 7), "']' missing for 'a: [' opened at line 1, found '2'"),
    ("a: [1, ]", (1, 8), "the value of 'a' should stand here, found ']'"),
    ("a: [1", (1, 6), "']' missing for 'a: [' opened at line 1"),
    ("a [1]", (1, 2), "':' is missing after 'a'"),
    ("a: 1;;", (1, 6), "a field's name should stand here, found ';'"),
    ("[a\n.b] 1", (2, 4), "':' or '{' is missing after '[a .b]', found '1'"),
    ("x" * 99 + " 1", (1, 100), f"is missing after '{'x' * 37}...', found '1'"),
    ("5: 1", (1, 1), "a field's name should stand here, found '5'"),
    ("a\u00a0: 1", (1, 2), "found '\\xa0'"),
    ("a: 1 \x00", (1, 6), "found '\\x00'"),
    ("a{" * 101, (1, 202), "blocks are nested more than 100 deep"),
    ("a: " + "x" * 999 + "}", (1, 1003), "'}' closes nothing"),
]


@pytest.mark.parametrize(("text", "place", "message"), MISTAKES, ids=[message for _, _, message in MISTAKES])
def test_mistakes(text: str, place: tuple[int, int], message: str) -> None:
    with pytest.raises(PrototxtError) as caught:
        parse(text)
    assert (caught.value.line, caught.value.column) == place
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_hundred_levels_are_fine() -> None:
    message = parse("a{" * 100 + "}" * 100).root
    for _ in range(100):
        inner = message.message("a")
        assert inner is not None
        message = inner


@given(st.text(st.sampled_from("ab:;,{}<>[]\"'\\# \n\r\t0159.-+ef\ufeffé")))
def test_no_text_ends_in_a_traceback(text: str) -> None:
    with suppress(PrototxtError):
        assert str(parse(text)) == text


def net_of(lines: int) -> str:
    layer = (
        'layer {\n  name: "conv%d"  # of many\n  type: "Convolution"\n  bottom: "blob%d"\n  top: "blob%d"\n'
        "  param { lr_mult: 1 decay_mult: 1 }\n  convolution_param {\n    num_output: 64\n"
        '    weight_filler {\n      type: "gaussian"\n      std: 0.01\n    }\n  }\n}\n'
    )
    return "".join(layer % (i, i, i + 1) for i in range(lines // 14 + 1))


def test_no_broken_net_ends_in_a_traceback() -> None:
    """Single characters of a real-looking net are lost, doubled or replaced."""
    net, chance = net_of(100), random.Random(1)
    for _ in range(500):
        place = chance.randrange(len(net))
        broken = net[:place] + chance.choice(["", net[place] * 2, "{", "}", '"', "\x00"]) + net[place + 1 :]
        with suppress(PrototxtError):
            assert str(parse(broken)) == broken
