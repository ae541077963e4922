"""What a solver file says, with Caffe's defaults (SolverParameter in caffe.proto)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from autofix.prototxt import Document, Message

_TYPES_BY_ENUM = ("SGD", "NESTEROV", "ADAGRAD", "RMSPROP", "ADADELTA", "ADAM")
_TYPES = {
    "SGD": "SGD",
    "NESTEROV": "Nesterov",
    "ADAGRAD": "AdaGrad",
    "RMSPROP": "RMSProp",
    "ADADELTA": "AdaDelta",
    "ADAM": "Adam",
}


@dataclass(frozen=True, eq=False)
class Solver:
    """The values of a solver; where one is not written, Caffe's default.

    Attributes:
        clip_gradients: the L2 norm gradients are cut to; negative: never.
        solver_mode: "CPU" or "GPU".
        mode_written: whether the file says so: without a word on the command line, Caffe then obeys it.
        random_seed: negative: another one every time.
        snapshot_prefix: as written; empty: Caffe uses the solver file's own name without its ending.
    """

    path: Path
    document: Document
    base_lr: float
    max_iter: int
    iter_size: int
    momentum: float
    momentum2: float
    delta: float
    rms_decay: float
    weight_decay: float
    regularization_type: str
    lr_policy: str
    gamma: float
    power: float
    stepsize: int
    stepvalues: tuple[int, ...]
    clip_gradients: float
    type: str
    solver_mode: str
    mode_written: bool
    random_seed: int
    display: int
    average_loss: int
    snapshot: int
    snapshot_prefix: str
    test_iters: tuple[int, ...]
    test_interval: int

    @property
    def wants_gpu(self) -> bool:
        """Whether it asks for a GPU: one that says nothing means that to Caffe's library, the CPU to `caffe train`."""
        return self.mode_written and self.solver_mode == "GPU"

    @property
    def root(self) -> Message:
        """The solver's fields."""
        return self.document.root

    @classmethod
    def read(cls, document: Document) -> Solver:
        """Read a solver; raises PrototxtError where a value is of the wrong kind."""
        root = document.root
        return cls(
            path=document.path or Path("solver.prototxt"),
            document=document,
            base_lr=root.number("base_lr", 0.0),
            max_iter=root.integer("max_iter", 0),
            iter_size=root.integer("iter_size", 1),
            momentum=root.number("momentum", 0.0),
            momentum2=root.number("momentum2", 0.999),
            delta=root.number("delta", 1e-8),
            rms_decay=root.number("rms_decay", 0.99),
            weight_decay=root.number("weight_decay", 0.0),
            regularization_type=root.text("regularization_type", "L2"),
            lr_policy=root.text("lr_policy"),
            gamma=root.number("gamma", 0.0),
            power=root.number("power", 0.0),
            stepsize=root.integer("stepsize", 0),
            stepvalues=tuple(scalar.integer for scalar in root.scalars("stepvalue")),
            clip_gradients=root.number("clip_gradients", -1.0),
            type=_type(root),
            solver_mode=_mode(root),
            mode_written="solver_mode" in root,
            random_seed=root.integer("random_seed", -1),
            display=root.integer("display", 0),
            average_loss=root.integer("average_loss", 1),
            snapshot=root.integer("snapshot", 0),
            snapshot_prefix=root.text("snapshot_prefix"),
            test_iters=tuple(scalar.integer for scalar in root.scalars("test_iter")),
            test_interval=root.integer("test_interval", 0),
        )


def _type(root: Message) -> str:
    """``type: "Adam"``, or the older ``solver_type: ADAM`` (also by its number)."""
    if "type" in root:
        return root.text("type", "SGD")
    old = root.scalar("solver_type")
    if old is None:
        return "SGD"
    by_number = old.kind == "number" and 0 <= old.integer < len(_TYPES_BY_ENUM)
    word = _TYPES_BY_ENUM[old.integer] if by_number else old.raw
    return _TYPES.get(word, word)


def _mode(root: Message) -> str:
    mode = root.scalar("solver_mode")
    if mode is None:
        return "GPU"
    return {"0": "CPU", "1": "GPU"}.get(mode.raw, mode.raw)
