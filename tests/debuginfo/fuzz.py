"""Damaged logs by the thousand: no traceback, and whole files are read as line by line.

    .venv/bin/python tests/debuginfo/fuzz.py --count 100000 [--seed 0]

Each input is a part of a log that real Caffe wrote, in some dialect, with a few bytes or lines changed. The last line
printed says how many were tried; an input that fails is written beside this file as failed-SEED.log.
"""

from __future__ import annotations

import argparse
import io
import random
import sys
import time
import warnings
from functools import cache
from pathlib import Path

from comparing import difference
from dialects import DIALECTS
from rich.console import Console
from variants import clipped, often_tested

from autofix.debuginfo import Reader, Trace, TraceBuilder, first_bad, read_events
from autofix.debuginfo.bulk import BulkReader
from autofix.report import to_json
from autofix.report.diagnosis import diagnose
from autofix.report.diagnosis.terminal import show_diagnosis

HERE = Path(__file__).parent
RECORDED = sorted([*(HERE / "logs").glob("*.log"), *(HERE.parent / "health" / "logs").glob("*.log")])
LOGS = {str(path): path.read_bytes() for path in RECORDED}
LOGS |= {f"tested {turn}": often_tested((HERE / "logs" / "healthy.log").read_bytes()) for turn in range(4)}
LOGS |= {f"clipped {turn}": clipped((HERE / "logs" / "late-collapse.log").read_bytes()) for turn in range(4)}
MOST_LINES = (150, 150, 500)
SHOWN = 0.03  # of the diagnoses are printed, too
WORDS = (b"nan", b"-nan", b"inf", b"1e38", b"3.40282e+38", b"-", b" ", b"", b"0", b"1e999", b"_1", b"\xff", b"]", b": ")


@cache
def text(name: str, dialect: str) -> bytes:
    """A recorded log, or a variant of one, in one dialect."""
    return DIALECTS[dialect](LOGS[name].decode()).encode()


def damaged(rng: random.Random) -> bytes:
    """Return a part of a log with a few bytes or lines changed, doubled, swapped or lost."""
    lines = text(rng.choice([*LOGS]), rng.choice([*DIALECTS])).split(b"\n")
    start = rng.choice((0, rng.randrange(len(lines))))
    lines = lines[start : start + rng.randrange(1, rng.choice(MOST_LINES))]
    for _ in range(rng.randrange(6)):
        place, other = rng.randrange(len(lines)), rng.randrange(len(lines))
        lines[place] = _damaged_line(lines[place], lines[other], rng)
    if rng.random() < 0.1:  # a second training, or a part of one, in the same file
        lines += text(rng.choice([*LOGS]), "as recorded").split(b"\n")[: rng.randrange(150)]
    return b"\n".join(lines) + rng.choice((b"", b"\n", b"\r\n"))


def _damaged_line(line: bytes, other: bytes, rng: random.Random) -> bytes:
    cut = rng.randrange(len(line) + 1)
    end = min(cut + rng.randrange(6), len(line))
    return rng.choice(
        (
            line[:cut] + bytes([rng.randrange(256)]) + line[cut + 1 :],
            line[:cut] + line[end:],
            line[:cut] + rng.choice(WORDS) + line[end:],
            line[:cut] + other[cut:],
            line + b"\n" + line,
            line + b"\n" + other,
            other,
            line.replace(b"0.", rng.choice(WORDS), 1),
            line.replace(b"Iteration ", b"Iteration " + rng.choice((b"9", b"-", b"99999999999999", b"0")), 1),
        )
    )


def read_in_parts(log: bytes, rng: random.Random) -> Trace:
    """Read a log as it may come through a pipe, with looks at what is there."""
    builder = TraceBuilder()
    bulk, start = BulkReader(builder, Reader()), 0
    while start < len(log):
        size = rng.choice((1, 100, 5000, 1 << 20))
        bulk.feed(log[start : start + size])
        start += size
        if rng.random() < 0.2:
            bulk.flush()
            builder.trace()
    bulk.close()
    return builder.trace()


def check(log: bytes, rng: random.Random) -> None:
    """Raise whatever goes wrong with one input."""
    builder = TraceBuilder()
    for event in read_events(_lines(log)):
        builder.add(event)
    slow, fast = builder.trace(), read_in_parts(log, rng)
    different = difference(slow, fast)
    assert different is None, f"{different} is not the same"
    assert repr(first_bad(slow)) == repr(first_bad(fast))
    found = diagnose(slow, "train.log", running=rng.random() < 0.5)
    broken = [finding.explanation for finding in found.diagnosis.findings if "itself broke" in finding.title]
    assert not broken, broken
    assert '"schema": 1' in to_json(found.diagnosis)
    if rng.random() < SHOWN:
        show_diagnosis(found, Console(file=io.StringIO(), width=rng.choice((40, 60, 200))))


def _lines(log: bytes) -> list[bytes]:
    *lines, last = log.split(b"\n")
    return [line + b"\n" for line in lines] + ([last] if last else [])


def fuzz(count: int, seed: int = 0) -> None:
    """Check ``count`` inputs."""
    for number in range(seed, seed + count):
        rng = random.Random(number)
        log = damaged(rng)
        try:
            check(log, rng)
        except BaseException:
            (HERE / f"failed-{number}.log").write_bytes(log)
            print(f"input {number} failed", file=sys.stderr)
            raise


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0, help="of the first input; the next has the next seed")
    options = parser.parse_args()
    warnings.simplefilter("error")
    begun = time.monotonic()
    for done in range(0, options.count, 1000):
        fuzz(min(1000, options.count - done), options.seed + done)
        print(f"{min(done + 1000, options.count)} of {options.count}", file=sys.stderr, flush=True)
    seconds = time.monotonic() - begun
    print(f"{options.count} inputs from seed {options.seed}: no traceback, no difference ({seconds:.0f} s)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
