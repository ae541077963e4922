"""The solver and net as a probe runs them: the patched files, made talkative and harmless by the same edits.

Why each setting is needed: debug lines are printed only where ``display`` is due; ``average_loss`` blurs the loss and
keeps a NaN for ever; test passes and snapshots cost time and write into the user's folders.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from autofix.model.net import Net
from autofix.model.patch import Patch
from autofix.model.training import Training
from autofix.prototxt import Content, Document, Message, Verbatim, apply, insert, remove, replace

SOLVER, NET = "solver.prototxt", "net.prototxt"
_WHY = "needed to watch a probe"
_DROPPED = (
    *("test_iter", "test_interval", "test_net", "test_net_param", "test_state"),
    *("test_initialization", "test_compute_loss"),
)


@dataclass(frozen=True, slots=True)
class ProbeSettings:
    """How a probe runs.

    Attributes:
        seed: for Caffe's random numbers: the same seed draws the same weights.
        mode: where it computes; None leaves it as the solver has it.
        max_iter: None keeps the user's own, on which schedules such as "poly" depend: the runner stops the process.
        batch_share: what every batch of the training data is multiplied with; at least one example is left.
        base_lr, lr_policy, gamma: in place of the user's, for a learning rate range test; None keeps them.
    """

    seed: int = 1
    mode: Literal["CPU", "GPU"] | None = None
    max_iter: int | None = None
    batch_share: float = 1.0
    base_lr: float | None = None
    lr_policy: str | None = None
    gamma: float | None = None


def probe_documents(training: Training, patch: Patch, settings: ProbeSettings, folder: Path) -> Mapping[Path, Document]:
    """What to write into a probe's own ``folder``, by absolute path: the solver and, unless it is inline, the net.

    Caffe is to be started in ``training.folder`` with ``--solver=folder/solver.prototxt``.
    """
    folder = folder.absolute()
    solver = patch.document(training.solver.path)
    reference = solver.root.get("train_net") or solver.root.get("net")
    values = _values(settings, folder)
    files: dict[Path, Document] = {}
    if reference is not None:
        net = patch.document(training.net.path)
        net = _smaller_batches(net, net.root, settings.batch_share)
        files[folder / NET] = _own_outputs(net, net.root, folder)
        values.append((reference.name, str(folder / NET)))
    for block in (*solver.root.messages("train_net_param"), *solver.root.messages("net_param")):
        solver = _own_outputs(solver, block, folder)
    for block in (*solver.root.messages("train_net_param"), *solver.root.messages("net_param")):
        solver = _smaller_batches(solver, block, settings.batch_share)
    files[folder / SOLVER] = _with(_without(solver, _DROPPED), values)
    return files


def _values(settings: ProbeSettings, folder: Path) -> list[tuple[str, Content]]:
    asked = {
        "solver_mode": Verbatim(settings.mode) if settings.mode else None,
        "max_iter": settings.max_iter,
        "base_lr": settings.base_lr,
        "lr_policy": settings.lr_policy,
        "gamma": settings.gamma,
    }
    return [
        ("debug_info", True),
        ("display", 1),
        ("average_loss", 1),
        ("snapshot", 0),
        ("snapshot_after_train", False),
        ("snapshot_prefix", str(folder / "snapshot")),
        ("random_seed", settings.seed),
        *((name, value) for name, value in asked.items() if value is not None),
    ]


def _without(document: Document, names: Sequence[str]) -> Document:
    return apply(document, [remove(field, _WHY) for field in document.root.all(*names)])


def _with(document: Document, values: Sequence[tuple[str, Content]]) -> Document:
    """``values`` in the place of old ones, the others at the end."""
    edits, fresh = [], []
    for name, value in values:
        old = document.root.scalar(name)
        if old is None:
            fresh.append((name, value))
        elif isinstance(value, (str, float, int)):
            edits.append(replace(old, value, _WHY))
    if fresh:
        edits.append(insert(document.root, fresh, _WHY))
    return apply(document, edits)


def _own_outputs(document: Document, net: Message, folder: Path) -> Document:
    """HDF5Output layers write a file while the net trains: into the probe's folder with it."""
    edits = []
    for layer in Net.read(net).layers:
        settings = layer.settings("hdf5_output_param") if layer.type == "HDF5Output" else None
        file = settings.scalar("file_name") if settings else None
        if file is not None:
            edits.append(replace(file, str(folder / Path(file.string).name), _WHY))
    return apply(document, edits)


def _smaller_batches(document: Document, net: Message, share: float) -> Document:
    """A share of every batch; test passes are off, so the layers of all phases may have it."""
    if share == 1:
        return document
    edits = []
    for data in Net.read(net).inputs:
        if data.batch_field is not None:
            edits.append(replace(data.batch_field, max(1, round(data.batch_field.integer * share)), _WHY))
    return apply(document, edits)
