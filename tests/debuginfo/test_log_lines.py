"""Each kind of line, in each of its forms, and what it tells."""

from __future__ import annotations

import math

import pytest

from autofix.debuginfo import (
    Backward,
    Clipped,
    Complaint,
    Event,
    Fatal,
    Finetuned,
    Finished,
    Forward,
    IterationLoss,
    LearningRate,
    NetNorms,
    Output,
    Reader,
    Resumed,
    Started,
    TestStart,
    Update,
)

P = "I1109 12:00:00.123456  1234 net.cpp:593] "
CASES: dict[str, Event] = {
    "    [Forward] Layer conv1, top blob conv1 data: 0.0645037": Forward("conv1", "conv1", 0.0645037),
    "    [Forward] Layer conv1, param blob 1 data: 0": Forward("conv1", "1", 0.0, is_param=True),
    "    [Forward] Layer conv1, param blob conv1_w data: 1e-05": Forward("conv1", "conv1_w", 1e-5, is_param=True),
    "    [Forward] Layer inception 3a/1x1, top blob a b/c data: 3": Forward("inception 3a/1x1", "a b/c", 3.0),
    "    [Forward] Layer top blob, top blob data data: 3": Forward("top blob", "data", 3.0),
    "    [Forward] Layer 层, top blob 层 data: 3": Forward("层", "层", 3.0),
    "    [Forward] Input data data: 0.5": Forward("input", "data", 0.5),
    "    [Backward] Layer fc8, bottom blob fc7 diff: 2.5e-08": Backward("fc8", "fc7", 2.5e-8),
    "    [Backward] Layer fc8, param blob 0 diff: inf": Backward("fc8", "0", math.inf, is_param=True),
    "    [Update] Layer ip1, param 0 data: 0.009; diff: 1e-05": Update("ip1", "0", 0.009, 1e-5),
    "    [Update] Layer ip2, param blob w (owned by layer ip1, param w) diff: 1e-05": Update("ip2", "w", None, 1e-5),
    "    [Backward] All net params (data, diff): L1 norm = (2711.42, 7086.66); L2 norm = (6.11659, 4085.07)": (
        NetNorms(2711.42, 7086.66, 6.11659, 4085.07)
    ),
    "    [Backward] All net params (data, diff): L1 norm = (1, inf); L2 norm = (1, -inf)": (
        NetNorms(1.0, math.inf, 1.0, -math.inf)
    ),
    "Iteration 100 (5.02 iter/s, 19.9s/100 iters), loss = 2.30259": IterationLoss(100, 2.30259),
    "Iteration 0 (-7.27638e+29 iter/s, 0s/1 iters), loss = 0.5": IterationLoss(0, 0.5),
    "Iteration 100, loss = 87.3365": IterationLoss(100, 87.3365),
    "    [0.0] Iteration 50 (2.2 iter/s, 21s/48 iter), 1.2/30.0ep, loss = 3.2": IterationLoss(50, 3.2),
    "    [0] Iteration 2 (3.8928 s), loss = 5.08295": IterationLoss(2, 5.08295),
    "Iteration 2 (3.8928 s), loss = 5.08295": IterationLoss(2, 5.08295),
    "Iteration 100, lr = 0.01": LearningRate(100, 0.01),
    "[0] Iteration 100, lr = 1e-05, m = 0.9, lrm = 0.9, wd = 0.0004, gs = 1": LearningRate(100, 1e-5),
    "    Train net output #0: loss = 2.3 (* 1 = 2.3 loss)": Output("train", 0, "loss", 2.3, 1.0),
    "    [0]     Train net output #1: a = b/c = 2 (* 0.3 = 0.6 loss)": Output("train", 1, "a = b/c", 2.0, 0.3),
    "    Train net output #1: accuracy = 0.5": Output("train", 1, "accuracy", 0.5),
    "    (0.0)     Test net output #1: accuracy = 0.5": Output("test", 1, "accuracy", 0.5),
    "Test score #0: 0.067": Output("test", 0, "score 0", 0.067),
    "Test loss: 2.3": Output("test", -1, "loss", 2.3),
    "Iteration 500, Testing net (#1)": TestStart(500, 1),
    "Iteration 500, Testing net": TestStart(500, 0),
    "Initial Test started...": TestStart(0, 0),
    "Gradient clipping: scaling down gradients (L2 norm 12.5 > 10) by scale factor 0.8": Clipped(12.5, 10.0, 0.8),
    "Solving AlexNet for two": Started("AlexNet for two"),
    "Solving ": Started(""),
    "Resuming from lenet_iter_5000.solverstate": Resumed("lenet_iter_5000.solverstate"),
    "Restoring previous solver status from a b.solverstate": Resumed("a b.solverstate"),
    "Finetuning from bvlc_alexnet.caffemodel": Finetuned("bvlc_alexnet.caffemodel"),
    "Optimization Done.": Finished(early=False),
    "Optimization stopped early.": Finished(early=True),
    "[libprotobuf ERROR google/protobuf/text_format.cc:274] Error parsing caffe.NetParameter: 5:3: Expected": (
        Complaint("Error parsing caffe.NetParameter: 5:3: Expected")
    ),
    "*** SIGSEGV (@0x0) received by PID 7 (TID 0x7f) from PID 0; stack trace: ***": (
        Fatal("*** SIGSEGV (@0x0) received by PID 7 (TID 0x7f) from PID 0; stack trace: ***", "", 0)
    ),
    "double free or corruption (!prev)": Fatal("double free or corruption (!prev)", "", 0),
}
GLOG_ONLY = ("[libprotobuf", "***", "double")  # lines that glog does not print


@pytest.mark.parametrize("line", CASES)
@pytest.mark.parametrize("prefix", [P, P.replace("I1109", "I20161109"), "I1109 ...] ", ""])
def test_a_line_tells_its_event(line: str, prefix: str) -> None:
    text = line if line.startswith(GLOG_ONLY) else prefix + line
    assert Reader().feed(text) == (CASES[line],)
    assert Reader().feed(f"{text}\r\n".encode()) == (CASES[line],)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("nan", math.nan),
        ("-nan", math.nan),
        ("-nan(ind)", math.nan),
        ("1.#QNAN", math.nan),
        ("-1.#IND", math.nan),
        ("inf", math.inf),
        ("-inf", -math.inf),
        ("1.#INF", math.inf),
        ("-1.#INF", -math.inf),
        ("3.40282e+38", 3.40282e38),
        ("1.5e-005", 1.5e-5),
    ],
)
def test_numbers_of_every_runtime_are_read(text: str, value: float) -> None:
    (event,) = Reader().feed(f"{P}Iteration 7, loss = {text}")
    assert isinstance(event, IterationLoss)
    assert event.loss == pytest.approx(value, nan_ok=True)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "epoch 3 loss 0.25",
        f"{P}Memory required for data: 1229912",
        f"{P}    [Forward] Layer conv1, top blob conv1 data: 0.06.45",
        f"{P}    [Forward] Layer conv1, top blob conv1 data:",
        f"{P}Iteration 99999999999999999999, loss = 1",
        f"{P}Iteration 5, loss = none",
        "*** SIGTERM (@0x1) received by PID 7 (TID 0x7f) from PID 1; stack trace: ***",
    ],
)
def test_a_line_that_tells_nothing_is_counted(line: str) -> None:
    reader = Reader()
    assert reader.feed(line) == ()
    assert reader.lines == 1


def test_a_fatal_line_tells_message_and_source() -> None:
    line = "F20261121 21:50:48.5 11453 batch_reindex_layer.cpp:27] Check failed: a < b (8 vs. 8) out of range"
    assert Reader().feed(line) == (Fatal("Check failed: a < b (8 vs. 8) out of range", "batch_reindex_layer.cpp", 27),)


def test_an_error_line_that_ends_nothing_is_a_complaint() -> None:
    assert Reader().feed("E1109 12:00:00.123456  1234 a.cpp:3] cannot open mean file") == (
        Complaint("cannot open mean file"),
    )


@pytest.mark.parametrize("filler", ["[Forward] Layer ", ", top blob ", "Iteration 1, loss ", "param ", ",", " ", "1"])
def test_a_very_long_line_takes_no_long_time(filler: str) -> None:
    for head in ("", "[Forward] Layer ", "Iteration 1", "[Update] Layer a, param ", "Sharing parameters '"):
        Reader().feed(P + head + filler * 100_000)
