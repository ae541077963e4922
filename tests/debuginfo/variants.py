"""Recorded logs as other trainings would have written them: what long logs have, in few lines."""

from __future__ import annotations

import re


def clipped(log: bytes) -> bytes:
    """Return the log of a training whose gradients were clipped in three of five iterations."""
    lines, count = list[bytes](), 0
    for line in log.split(b"\n"):
        lines.append(line)
        if b", lr = " in line:
            count += 1
            prefix = line[: line.index(b"] ") + 2]
            text = b"Gradient clipping: scaling down gradients (L2 norm %d.5 > 10) by scale factor 0.%d"
            lines += [prefix + text % (count, count)] * (count % 5 < 3)
    return b"\n".join(lines)


def often_tested(log: bytes) -> bytes:
    """Return the log of a training that is tested before every second iteration, from one tested before its first."""
    begin = re.search(rb"^.*Iteration 0, Testing net", log, re.MULTILINE)
    assert begin
    head, rest = log[: begin.start()], log[begin.start() :]
    first, second = [match.end() for match in re.finditer(rb".*, lr = .*\n", rest)][:2]
    rounds = [
        re.sub(rb"Iteration ([01])\b", lambda match: b"Iteration %d" % (2 * turn + int(match[1])), rest[:second])  # noqa: B023
        for turn in range(12)
    ]
    assert first < second
    return head[-400:].partition(b"\n")[2] + b"".join(rounds)
