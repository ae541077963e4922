"""What a Caffe log says, one small frozen value for each kind of line.

The samples leave out glog's prefix (``I1121 19:36:52.717376 10487 net.cpp:593] ``). A blob's value is the
mean absolute value over its elements; only ``NetNorms`` holds norms. ``nan`` and ``inf`` are values.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Phase: TypeAlias = Literal["train", "test"]


@dataclass(frozen=True, slots=True)
class Forward:
    """``[Forward] Layer conv1, top blob conv1 data: 0.0645037``: mean |x| of an output or of a parameter.

    ``blob`` is as printed: for a parameter its ParamSpec name where it has one, else its index. Caffe does
    not mark the test passes; ``phase`` is "test" between a ``TestStart`` and the pass's outputs.
    """

    layer: str
    blob: str
    value: float
    is_param: bool = False
    phase: Phase = "train"


@dataclass(frozen=True, slots=True)
class Backward:
    """``[Backward] Layer conv1, param blob 0 diff: 0.0220984``: mean |gradient| of an input or a parameter.

    A parameter's gradient is the sum over ``iter_size`` so far: not averaged, clipped, decayed or scaled.
    """

    layer: str
    blob: str
    value: float
    is_param: bool = False


@dataclass(frozen=True, slots=True)
class Update:
    """``[Update] Layer conv1, param 0 data: 0.009; diff: 1e-05`` (until 2015): mean |weight| and mean |step|.

    ``data`` is None for a shared parameter: ``... (owned by layer conv1, param w) diff: 1e-05``.
    """

    layer: str
    blob: str
    data: float | None
    diff: float


@dataclass(frozen=True, slots=True)
class NetNorms:
    """``[Backward] All net params (data, diff): L1 norm = (2711, 7086); L2 norm = (6.1, 4085)``: no means."""

    l1_data: float
    l1_diff: float
    l2_data: float
    l2_diff: float


@dataclass(frozen=True, slots=True)
class IterationLoss:
    """``Iteration 100 (5 iter/s, 20s/100 iters), loss = 2.30259``: mean of ``average_loss`` losses."""

    iteration: int
    loss: float


@dataclass(frozen=True, slots=True)
class LearningRate:
    """``Iteration 100, lr = 0.01``."""

    iteration: int
    lr: float


@dataclass(frozen=True, slots=True)
class Output:
    """``Train net output #0: loss = 2.3 (* 0.5 = 1.15 loss)``; ``Test score #0: 0.98``; ``Test loss: 2.3``.

    ``loss_weight`` is None for an output that is no loss, ``index`` is -1 for ``Test loss``.
    """

    phase: Phase
    index: int
    name: str
    value: float
    loss_weight: float | None = None


@dataclass(frozen=True, slots=True)
class TestStart:
    """``Iteration 500, Testing net (#0)``: the forward passes that follow are not training."""

    __test__ = False  # not a test case, whatever its name says

    iteration: int
    net: int


@dataclass(frozen=True, slots=True)
class Clipped:
    """``Gradient clipping: scaling down gradients (L2 norm 12.5 > 10) by scale factor 0.8``."""

    norm: float
    limit: float
    scale: float


@dataclass(frozen=True, slots=True)
class SolverText:
    """The prototxt printed below ``Initializing solver from parameters:``; a run begins."""

    text: str


@dataclass(frozen=True, slots=True)
class NetText:
    """The prototxt printed below ``Initializing net from parameters:``, layers of other phases left out."""

    text: str
    phase: Phase


@dataclass(frozen=True, slots=True)
class Wired:
    """``conv1 <- data`` or ``relu1 -> conv1 (in-place)``: a blob is an input (or output) of a layer."""

    layer: str
    blob: str
    is_top: bool
    phase: Phase


@dataclass(frozen=True, slots=True)
class TopShape:
    """``Top shape: 64 20 24 24 (737280)``: shape of a layer's output; ``blob`` is "" if no line named it."""

    layer: str
    blob: str
    shape: tuple[int, ...]
    phase: Phase


@dataclass(frozen=True, slots=True)
class Sharing:
    """``Sharing parameters 'w' owned by layer 'conv1', param index 0``: ``layer`` borrows it."""

    layer: str
    name: str
    owner: str
    index: int


@dataclass(frozen=True, slots=True)
class Started:
    """``Solving LeNet``: the iterations begin."""

    net: str


@dataclass(frozen=True, slots=True)
class Resumed:
    """``Resuming from lenet_iter_5000.solverstate`` or ``Restoring previous solver status from ...``."""

    path: str


@dataclass(frozen=True, slots=True)
class Finetuned:
    """``Finetuning from bvlc_alexnet.caffemodel``: weights came from a file."""

    path: str


@dataclass(frozen=True, slots=True)
class Finished:
    """``Optimization Done.`` (which Caffe prints twice) or, if ``early``, ``Optimization stopped early.``"""

    early: bool


@dataclass(frozen=True, slots=True)
class Fatal:
    """``F1121 19:36:52.717376 10487 layer.hpp:90] Check failed: ...``, or a death without such a line.

    For the latter (``*** SIGSEGV (@0x0) received``, ``double free or corruption``) ``file`` is "".
    """

    message: str
    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Complaint:
    """A line that Caffe logs as an error and goes on, or protobuf's ``Error parsing text-format ...``."""

    message: str


Event: TypeAlias = (
    Forward
    | Backward
    | Update
    | NetNorms
    | IterationLoss
    | LearningRate
    | Output
    | TestStart
    | Clipped
    | SolverText
    | NetText
    | Wired
    | TopShape
    | Sharing
    | Started
    | Resumed
    | Finetuned
    | Finished
    | Fatal
    | Complaint
)
