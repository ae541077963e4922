"""Reading a whole log gives the trace of reading it line by line: real logs, made-up ones, and damaged ones."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from comparing import difference, read_by_line, read_in_bulk
from dialects import DIALECTS
from hypothesis import given
from hypothesis import strategies as st
from variants import clipped, often_tested

from autofix.debuginfo import first_bad
from autofix.debuginfo.stencils import Stencils
from studies.bench_diagnose import lengthened

LOGS = {path.stem: path.read_bytes() for path in (Path(__file__).parent / "logs").glob("*.log")}
P = "I1121 12:00:00.123456  1234 net.cpp:593] "
LINES = [
    f"{P}    [Forward] Layer data, top blob data data: {{x}}",
    f"{P}    [Forward] Layer ip, top blob ip data: {{x}}",
    f"{P}    [Forward] Layer ip, param blob w data: {{x}}",
    f"{P}    [Backward] Layer ip, bottom blob data diff: {{x}}",
    f"{P}    [Backward] Layer ip, param blob 0 diff: {{x}}",
    f"E{P[1:]}    [Backward] All net params (data, diff): L1 norm = ({{x}}, {{x}}); L2 norm = ({{x}}, {{x}})",
    f"{P}Iteration {{n}} (2 iter/s, 0.5s/1 iters), loss = {{x}}",
    f"{P}    Train net output #0: loss = {{x}} (* 1 = {{x}} loss)",
    f"{P}Iteration {{n}}, lr = {{x}}",
    f"{P}Gradient clipping: scaling down gradients (L2 norm {{x}} > 10) by scale factor {{x}}",
    f"{P}Iteration {{n}}, Testing net (#0)",
    f"{P}    Test net output #0: acc = {{x}}",
    f"{P}Snapshotting to binary proto file snap_iter_5.caffemodel",
]
VALUES = ("0.5", "1", "nan", "-nan", "inf", "1e-30", "3.40282e+38", "1.23457e-07", "123456", "1.#QNAN", "0.1x")


def assert_same(log: bytes, block: int = 1 << 20, max_cells: int = 1 << 22) -> None:
    slow, reader = read_by_line(log, max_cells)
    fast, fast_reader = read_in_bulk(log, block, max_cells)
    assert difference(slow, fast) is None
    assert repr(first_bad(slow)) == repr(first_bad(fast))
    assert (fast_reader.lines, fast_reader.torn) == (reader.lines, reader.torn)
    assert fast_reader.is_caffe == reader.is_caffe


@st.composite
def logs(draw: st.DrawFn) -> bytes:
    """A training whose iterations mostly print the same lines, and sometimes others."""
    usual = draw(st.lists(st.sampled_from(LINES), min_size=1, max_size=14))
    rng = random.Random(draw(st.integers()))
    odd = draw(st.sampled_from([0.0, 0.01, 0.2]))
    out, number = [], 0
    for _ in range(draw(st.integers(1, 30))):
        number += rng.choice((1, 1, 1, 5)) if rng.random() > odd / 4 else -number
        for line in [*LINES[:6], *LINES[6:9]] if draw(st.booleans()) else usual:
            text = rng.choice(LINES) if rng.random() < odd else line
            values = VALUES if rng.random() < odd else VALUES[:2]
            out.append(text.replace("{n}", str(number)))
            while "{x}" in out[-1]:
                out[-1] = out[-1].replace("{x}", rng.choice(values), 1)
    return "\n".join(out).encode()


@given(logs(), st.sampled_from([64, 1000, 1 << 20]))
def test_both_ways_agree_on_made_up_logs(log: bytes, block: int) -> None:
    assert_same(log, block)


def mutated(log: bytes, rng: random.Random) -> bytes:
    """Return a part of the log with a few bytes or lines changed, doubled, swapped or lost."""
    lines = log.split(b"\n")
    start = rng.randrange(len(lines))
    lines = lines[start : start + rng.randrange(1, 400)]
    for _ in range(rng.randrange(1, 8)):
        place, other = rng.randrange(len(lines)), rng.randrange(len(lines))
        line = lines[place]
        cut = rng.randrange(len(line) + 1)
        lines[place] = rng.choice(
            (
                line[:cut] + bytes([rng.randrange(256)]) + line[cut + 1 :],
                line[:cut] + bytes([rng.randrange(32, 127)]) + line[cut:],
                line[:cut] + line[cut + rng.randrange(5) :],
                line[:cut] + lines[other][cut:],
                line + b"\n" + line,
                lines[other],
                line.replace(b"0.", rng.choice((b"nan", b"1e", b"-", b" ")), 1),
            )
        )
    return b"\n".join(lines) + rng.choice((b"", b"\n", b"\r\n"))


VARIANTS = LOGS | {"clipped": clipped(LOGS["late-collapse"]), "often tested": often_tested(LOGS["healthy"])}


def test_a_block_whose_first_line_is_damaged_is_no_form() -> None:
    """It tells nothing then, so that a form which began with it had nothing to be found by."""
    first = b"[Forward] Layer data, top blob data data: 0.5"
    rest = [b"[Forward] Layer ip, top blob ip data: 1", b"[Backward] Layer ip, param blob 0 diff: 1"]
    lines = [
        line
        for number in range(9)
        for line in (first[: -1 if number < 2 else -3], *rest, b"Iteration %d, loss = 1" % number)
    ]
    assert_same(b"\n".join(lines) + b"\n")


def test_a_zero_byte_in_a_line_stands_for_no_other() -> None:
    """The line told nothing then, and those of later iterations, with a blank in its place, passed for the same."""
    lines = LOGS["healthy"].split(b"\n")
    place = [place for place, line in enumerate(lines) if b"score, param blob 0 data" in line][8]
    lines[place] = lines[place].replace(b", param", b",\0param")
    assert_same(b"\n".join(lines))


@pytest.mark.parametrize("name", VARIANTS)
def test_both_ways_agree_on_damaged_logs(name: str) -> None:
    rng = random.Random(name)
    for _ in range(30):
        log = DIALECTS[rng.choice([*DIALECTS])](VARIANTS[name].decode()).encode()
        assert_same(mutated(log, rng), rng.choice((100, 3000, 1 << 20)))


def test_both_ways_thin_a_long_log_alike() -> None:
    log = b"".join(LOGS["exploding"].replace(b"Iteration ", b"Iteration %d" % (number + 1)) for number in range(60))
    assert_same(log, 10_000, max_cells=4000)
    assert read_in_bulk(log, max_cells=4000)[0].stride > 1


def test_a_loss_weight_that_changes_for_one_iteration_changes_back() -> None:
    """Two forms were known then, and the first, when it came again, did not tell its weight again."""
    lines = LOGS["late-collapse"].split(b"\n")
    place = [place for place, line in enumerate(lines) if b"Train net output" in line][9]
    lines[place] = lines[place].replace(b"(* 1 =", b"(* 3 =")
    assert_same(b"\n".join(lines))


def chatty(log: bytes, after: bytes) -> bytes:
    """Return the log of a training in which a layer prints something after every second line with some text."""
    lines, count = list[bytes](), 0
    for line in log.split(b"\n"):
        lines.append(line)
        if after in line:
            count += 1
            lines += [line[: line.index(b"] ") + 2] + b"my layer says 0.%d" % (count % 90 + 10)] * (count % 2)
    return b"\n".join(lines)


LONG = {
    "the same lines again and again": LOGS["late-collapse"],
    "several blocks in an iteration": LOGS["iter-size"],
    "several outputs": LOGS["two-losses"],
    "shared parameters": LOGS["shared-and-clipped"],
    "NaN": LOGS["nan-forward"],
    "tests in between": LOGS["healthy"],
    "many tests": often_tested(LOGS["healthy"]),
    "a line now and then": clipped(LOGS["late-collapse"]),
    "a layer that prints": chatty(LOGS["late-collapse"], b"[Forward] Layer fc2, top blob"),
    "a line between iterations": chatty(LOGS["late-collapse"], b", lr = "),
}


@pytest.mark.parametrize("name", LONG)
def test_almost_all_of_a_long_log_is_read_at_once(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    taken = []
    read = Stencils.read

    def counted(self: Stencils, *args: Any) -> int:
        lines = read(self, *args)
        taken.append(lines)
        return lines

    monkeypatch.setattr(Stencils, "read", counted)
    _, reader = read_in_bulk(b"".join(lengthened(LONG[name], 2_000_000)))
    assert sum(taken) > 0.97 * reader.lines
    assert len(taken) < 20
    assert_same(b"".join(lengthened(LONG[name], 400_000)), 50_000)
