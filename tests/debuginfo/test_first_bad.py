"""Where the first bad value is said to have come from; a case is a log and what is expected."""

from __future__ import annotations

import math

import pytest

from autofix.debuginfo import FirstBad, build_trace, first_bad

SOUND = """\
[Forward] Layer data, top blob data data: 1
[Forward] Layer ip, top blob ip data: 1
[Forward] Layer ip, param blob 0 data: 1
[Forward] Layer loss, top blob loss data: 1
[Backward] Layer loss, bottom blob ip diff: 1
[Backward] Layer ip, param blob 0 diff: 1
[Backward] All net params (data, diff): L1 norm = (1, 1); L2 norm = (1, 1)
Iteration 0, loss = 1
    Train net output #0: loss = 1 (* 1 = 1 loss)
Iteration 0, lr = 0.1
"""
NEXT = SOUND.replace("Iteration 0", "Iteration 10")


def spoilt(*places: str, value: str = "nan") -> str:
    """Return two iterations, the values behind ``places`` of the second spoilt."""
    log = NEXT
    for place in places:
        assert f"{place} 1" in log or f"{place} 0.1" in log
        log = log.replace(f"{place} 0.1", f"{place} {value}").replace(f"{place} 1", f"{place} {value}")
    return SOUND + log


def normalised(log: str, value: str = "1") -> str:
    """Return ``log`` with a BatchNorm layer behind the data: the forward pass makes its three parameters."""
    forward = "".join(f"[Forward] Layer bn, param blob {index} data: {value}\n" for index in range(3))
    backward = "".join(f"[Backward] Layer bn, param blob {index} diff: 0\n" for index in range(3))
    return log.replace("[Forward] Layer ip, top", f"{forward}[Forward] Layer ip, top").replace(
        "[Backward] All", f"{backward}[Backward] All"
    )


DATA, TOP, WEIGHT = "top blob data data:", "top blob ip data:", "param blob 0 data:"
DIFF, SLOPE, LOSS, LR = "bottom blob ip diff:", "param blob 0 diff:", "10, loss =", "lr ="
CASES = {
    "the data": (spoilt(DATA, TOP, LOSS), FirstBad(10, "forward", "data", "data", "data", math.nan)),
    "a layer's output": (spoilt(TOP, DIFF, SLOPE, LOSS), FirstBad(10, "forward", "ip", "ip", "data", math.nan)),
    "max pooling over NaN": (
        spoilt(TOP, value="3.40282e+38"),
        FirstBad(10, "forward", "ip", "ip", "data", 3.40282e38),
    ),
    "a gradient": (spoilt(DIFF, SLOPE), FirstBad(10, "backward", "loss", "ip", "diff", math.nan)),
    "weights, though the output is printed first": (
        spoilt(WEIGHT, TOP, LOSS, value="inf"),
        FirstBad(10, "update", "ip", "0", "data", math.inf),
    ),
    "data, though the statistics of BatchNorm are NaN in the same forward pass": (
        normalised(SOUND) + normalised(spoilt(DATA, TOP, LOSS)[len(SOUND) :], "nan"),
        FirstBad(10, "forward", "data", "data", "data", math.nan),
    ),
    "a norm that overflows": (
        SOUND + NEXT.replace("L2 norm = (1, 1)", "L2 norm = (1, inf)"),
        FirstBad(10, "backward", None, None, "diff", math.inf),
    ),
    "the loss": (spoilt(LOSS), FirstBad(10, "loss", None, None, "loss", math.nan)),
    "an output that is a loss": (
        SOUND + NEXT.replace("loss = 1 (* 1", "loss = inf (* 1"),
        FirstBad(10, "loss", None, "loss", "loss", math.inf),
    ),
    "the learning rate": (spoilt(LR), FirstBad(10, "update", None, None, "lr", math.nan)),
    "a block that a crash cut off": (
        SOUND + NEXT + "[Forward] Layer data, top blob data data: nan\n",
        FirstBad(20, "forward", "data", "data", "data", math.nan),
    ),
    "an old log's update": (
        SOUND + "[Update] Layer ip, param 0 data: 1; diff: inf\n",
        FirstBad(0, "update", "ip", "0", "diff", math.inf),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_the_first_bad_value_is_found_where_it_began(case: str) -> None:
    log, expected = CASES[case]
    assert repr(first_bad(build_trace(log.splitlines()))) == repr(expected)


@pytest.mark.parametrize(
    "log",
    [
        SOUND + NEXT,
        SOUND + NEXT.replace("top blob ip data: 1", "top blob ip data: 1e+38"),
        SOUND + NEXT.replace("loss = 1 (* 1 = 1 loss)", "accuracy = nan"),
        SOUND + NEXT.replace("Iteration 10, lr = 0.1\n", ""),
        "Iteration 0, loss = 87.3365",
    ],
)
def test_what_is_finite_or_not_logged_is_not_bad(log: str) -> None:
    assert first_bad(build_trace(log.splitlines())) is None
