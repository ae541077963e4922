"""What a line means beside the lines before it."""

from __future__ import annotations

import pytest

from autofix.debuginfo import (
    Forward,
    NetText,
    Reader,
    Sharing,
    SolverText,
    Started,
    TopShape,
    Wired,
    read_events,
)

P = "I1109 12:00:00.123456  1234 net.cpp:593] "
SETUP = """\
{P}Initializing solver from parameters:
base_lr: 0.01
net: "net.prototxt"
{P}Creating training net from net file: net.prototxt
{P}Initializing net from parameters:
state {
  phase: TRAIN
}
layer {
  name: "data"
}
{P}Creating layer data
{P}Creating Layer data
{P}data -> data
{P}data -> label
{P}Setting up data
{P}Top shape: 64 1 28 28 (50176)
{P}Top shape: 64 (64)
{P}Creating Layer relu
{P}relu <- data
{P}relu -> data (in-place)
{P}Sharing parameters 'w' owned by layer 'conv1', param index 0
{P}Setting up relu
{P}Top shape: 64 1 28 28 (50176)
{P}Creating test net (#0) specified by net file: net.prototxt
{P}Creating Layer data
{P}data -> data
{P}Setting up data
{P}Top shape: 1 1 28 28 (784)
{P}Solving LeNet
"""


def test_setup_lines_tell_solver_net_wiring_and_shapes() -> None:
    shape = (64, 1, 28, 28)
    expected = [
        SolverText('base_lr: 0.01\nnet: "net.prototxt"\n'),
        NetText('state {\n  phase: TRAIN\n}\nlayer {\n  name: "data"\n}\n', "train"),
        Wired("data", "data", True, "train"),
        Wired("data", "label", True, "train"),
        TopShape("data", "data", shape, "train"),
        TopShape("data", "label", (64,), "train"),
        Wired("relu", "data", False, "train"),
        Wired("relu", "data", True, "train"),
        Sharing("relu", "w", "conv1", 0),
        TopShape("relu", "data", shape, "train"),
        Wired("data", "data", True, "test"),
        TopShape("data", "data", (1, 1, 28, 28), "test"),
        Started("LeNet"),
    ]
    for prefix in (P, ""):
        assert list(read_events(SETUP.replace("{P}", prefix).splitlines())) == expected


def test_a_dump_at_the_end_of_the_log_is_told_when_it_closes() -> None:
    reader = Reader()
    assert [reader.feed(line) for line in (f"{P}Initializing solver from parameters: ", "display: 1")] == [(), ()]
    assert reader.close() == (SolverText("display: 1\n"),)
    assert reader.close() == ()


def test_what_looks_like_a_log_line_inside_a_dump_is_part_of_it() -> None:
    lines = [f"{P}Initializing net from parameters: ", "debug_info: true", 'name: "Iteration 5, lr = 3"', f"{P}x"]
    assert list(read_events(lines)) == [NetText('debug_info: true\nname: "Iteration 5, lr = 3"\n', "train")]


def test_a_recurrent_layer_sets_up_a_net_of_its_own_before_its_shape_is_told() -> None:
    lines = ["Creating Layer lstm", "lstm -> out", "Creating Layer lstm_unit", "lstm_unit -> c", "Setting up lstm_unit"]
    lines += ["Top shape: 3 (3)", "Setting up lstm", "Top shape: 4 2 (8)"]
    shapes = [event for event in read_events(lines) if isinstance(event, TopShape)]
    assert [(event.layer, event.blob, event.shape) for event in shapes] == [
        ("lstm_unit", "c", (3,)),
        ("lstm", "out", (4, 2)),
    ]


FORWARD = "[Forward] Layer data, top blob data data: 1"
BACKWARD = "[Backward] Layer loss, bottom blob fc diff: 1"
OUTPUT = "Test net output #0: accuracy = 0.5"
TEST = "Iteration 5, Testing net (#0)"


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([FORWARD, TEST, FORWARD, FORWARD, OUTPUT, OUTPUT, FORWARD], ["train", "test", "test", "train"]),
        ([TEST, FORWARD, OUTPUT, TEST, FORWARD, "Test loss: 3", FORWARD], ["test", "test", "train"]),
        ([TEST, FORWARD, "Test score #0: 0.5", FORWARD], ["test", "train"]),
        ([TEST, FORWARD, BACKWARD, FORWARD], ["test", "train"]),
        ([TEST, FORWARD, "Iteration 5, loss = 3", FORWARD], ["test", "train"]),
    ],
)
def test_forward_lines_from_a_test_start_to_its_outputs_are_the_tests(lines: list[str], expected: list[str]) -> None:
    assert [event.phase for event in read_events(lines) if isinstance(event, Forward)] == expected


@pytest.mark.parametrize(
    ("last", "is_torn"),
    [
        ("Iteration 5, loss = 0.6", True),
        ("Iteration 5, loss = 6e-", True),
        ("Iteration 5, loss = -n", True),
        ("Iteration 5, loss = ", True),
        ("Iteration 5, loss = nan", False),
        ("Optimization Done.", False),
        ("    Train net output #0: loss = 0.6 (* 1 = 0.6 loss)", False),
        ("Solving LeNet", False),
    ],
)
def test_a_last_line_that_may_be_cut_in_a_number_is_left_out(last: str, is_torn: bool) -> None:
    reader = Reader()
    events = list(read_events(["Iteration 4, loss = 0.5\n", last], reader))
    assert (reader.torn, len(events)) == (is_torn, 1 if is_torn else 2)


def test_lines_without_any_line_ends_are_all_whole() -> None:
    reader = Reader()
    assert len(list(read_events(["Iteration 4, loss = 0.5", "Iteration 5, loss = 0.6"], reader))) == 2
    assert not reader.torn
