"""A training as its solver describes it: the solver, its nets, and the folder Caffe is started from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from types import MappingProxyType

from autofix.errors import InputError
from autofix.model.net import Net
from autofix.model.scaling import scale_inputs
from autofix.model.solver import Solver
from autofix.prototxt import Document, Message, Scalar, read, shown
from autofix.prototxt.scalars import quote

_TRAIN_FIELDS = ("net", "net_param", "train_net", "train_net_param")


@dataclass(frozen=True, eq=False)
class Training:
    """A solver with everything it names.

    Attributes:
        net: the net that is trained, with the layers of all phases.
        test_only: nets of ``test_net`` and ``test_net_param``, with the layers of all phases.
        documents: every file, by its absolute path.
        folder: the folder Caffe is started from; relative paths in the files count from there.
        folder_reason: why that one, in plain words.
        deploy: the net as it is used after training, where the user gave it: the input scale is patched there too.
    """

    solver: Solver
    net: Net
    test_only: tuple[Net, ...]
    documents: Mapping[Path, Document]
    folder: Path
    folder_reason: str
    deploy: Net | None = None

    @cached_property
    def train(self) -> Net:
        """The net in the state Caffe trains it in."""
        return self.net.for_phase("TRAIN", self.solver.root.message("train_state"))

    @cached_property
    def tests(self) -> tuple[Net, ...]:
        """The test nets, in Caffe's order; the generic ``net`` fills up to the number of ``test_iter``."""
        states = self.solver.root.messages("test_state")
        generic = max(len(self.solver.test_iters) - len(self.test_only), 0) if self._net_is_generic else 0
        nets = (*self.test_only, *[self.net] * generic)
        return tuple(net.for_phase("TEST", states[i] if i < len(states) else None) for i, net in enumerate(nets))

    @property
    def nets(self) -> tuple[Net, ...]:
        """Every net that Caffe builds for training, with the layers of all phases."""
        return (self.net, *self.test_only)

    def rewritten(self, changed: Mapping[Path, Document]) -> Training:
        """The training as it would be with other texts in its files; the deploy net is left out.

        Raises:
            PrototxtError, InputError: they make no training.
        """
        documents = {**self.documents, **changed}
        solver = Solver.read(documents[self.solver.path])
        return _with_nets(solver, self.folder, self.folder_reason, documents)

    @property
    def _net_is_generic(self) -> bool:
        return "net" in self.solver.root or "net_param" in self.solver.root

    def resolve(self, path: str) -> Path:
        """Where a path written in one of the files leads."""
        return self.folder / path


def load(solver_path: Path, cwd: Path | None = None, deploy: Path | None = None) -> Training:
    """Read a solver and its nets; nothing is run.

    Args:
        cwd: the folder the user stands in; None for the process's own.
        deploy: the net for use after training; looked for from ``cwd``, then from where Caffe is started.

    Raises:
        InputError: a file is missing or makes no sense as a training.
        PrototxtError: a file does not parse.
    """
    here = (cwd or Path.cwd()).absolute()
    solver = Solver.read(read(here / solver_path))
    reference = _reference(solver)
    folder, reason = _folder(solver, reference, here)
    documents = {solver.path: solver.document}
    training = _with_nets(solver, folder, reason, documents)
    if deploy is None:
        return training
    return replace(training, deploy=_deploy(deploy, (here, folder), documents))


def _with_nets(solver: Solver, folder: Path, reason: str, documents: dict[Path, Document]) -> Training:
    """A solver with its nets; a file that is read joins ``documents``."""
    root = solver.root
    net = _net(solver, _reference(solver), folder, documents)
    tests: list[Scalar | Message] = [*root.messages("test_net_param"), *root.scalars("test_net")]
    test_only = tuple(_net(solver, test, folder, documents) for test in tests)
    return Training(solver, net, test_only, MappingProxyType(documents), folder, reason)


def _net(solver: Solver, value: Scalar | Message, folder: Path, documents: dict[Path, Document]) -> Net:
    """The net that a path or an inline block of the solver gives; a file that is read joins ``documents``."""
    if isinstance(value, Message):
        net = Net.read(value)
    else:
        path = _existing(solver, value, (folder,))
        if path not in documents:
            documents[path] = read(path)
        net = Net.read(documents[path])
    return _with_layers(net)


def _with_layers(net: Net) -> Net:
    """``net``, unless it has no layers: an InputError then says what it may be instead."""
    if not net.layers:
        solver_too = "base_lr" in net.root or "net" in net.root
        what = "a solver, where a net is needed" if solver_too else "a net without layers"
        raise InputError(f"{shown(net.path)}: {what}")
    return net


def _deploy(path: Path, folders: tuple[Path, ...], documents: dict[Path, Document]) -> Net:
    """The net for use after training; its file joins ``documents``.

    Raises:
        InputError: it is missing, or its input cannot be scaled.
    """
    place = next((folder / path for folder in folders if (folder / path).exists()), folders[0] / path)
    known = next((file for file in documents if place.exists() and file.samefile(place)), place)
    if known not in documents:
        documents[known] = read(known)
    net = _with_layers(Net.read(documents[known]))
    if not list(scale_inputs(net, 0.5, "to see whether it can be done")):
        hint = "Give the net as it is used after training, with an Input layer or input: fields."
        raise InputError(f"{shown(known)}: no input of this net reaches weights", hint)
    return net


def _reference(solver: Solver) -> Scalar | Message:
    """What names the net that is trained: a path or an inline block."""
    fields = solver.root.all(*_TRAIN_FIELDS)
    name = shown(solver.path)
    if not fields and ("layer" in solver.root or "layers" in solver.root):
        raise InputError(f"{name}: a net, not a solver", "Give the solver: the file with base_lr and net: in it.")
    if not fields:
        raise InputError(f"{name}: names no net", _hint_of_net(solver))
    if len(fields) > 1:
        names = " and ".join(field.name for field in fields)
        raise fields[1].error(f"more than one net to train ({names}); Caffe takes exactly one")
    value = fields[0].value
    if isinstance(value, Message) or (isinstance(value, Scalar) and value.kind == "string"):
        return value
    raise value.error(f"one net is needed here, its path in quotes or a block, not {value.brief}")


def _hint_of_net(solver: Solver) -> str:
    """What to write, where a solver names no net: perhaps it does, under a name that is misspelt."""
    for field in solver.root:
        if isinstance(field.value, Scalar) and field.value.raw.strip("\"'").endswith(".prototxt"):
            return f"Line {field.line} has  {field.raw}  : did you mean net?"
    return 'Add a line such as  net: "train_val.prototxt"'


def _folder(solver: Solver, reference: Scalar | Message, here: Path) -> tuple[Path, str]:
    """The current folder, unless more of the solver's relative paths lead somewhere from its own folder."""
    own = solver.path.parent
    if isinstance(reference, Scalar):
        _existing(solver, reference, (here, own))
    if own == here:
        return here, "the current folder, where the solver lies"
    found = {folder: _found_from(folder, reference) for folder in (here, own)}
    if found[own] <= found[here]:
        return here, "the current folder, from where the solver's paths resolve"
    missing = "data" if found[here][0] else "net"
    return own, f"the solver's own folder, since its {missing} cannot be found from {here}"


def _found_from(folder: Path, reference: Scalar | Message) -> tuple[bool, int]:
    """Whether the net exists seen from ``folder``, and how many of its data sources do."""
    if isinstance(reference, Message):
        net = Net.read(reference)
    elif (folder / reference.string).is_file():
        net = Net.read(read(folder / reference.string))
    else:
        return False, 0
    return True, sum((folder / path).exists() for path in _data_paths(net))


def _data_paths(net: Net) -> Iterator[str]:
    for data in net.inputs:
        yield from filter(None, (data.source, data.mean_file))


def _existing(solver: Solver, reference: Scalar, folders: tuple[Path, ...]) -> Path:
    """The file that ``reference`` names, seen from the first of ``folders`` where it exists."""
    name = reference.string
    for folder in folders:
        if (folder / name).exists():
            return Path(folder / name)
    places = " nor in ".join(str(folder) for folder in dict.fromkeys(folders))
    verb = "is neither in" if len(set(folders)) > 1 else "is not in"
    line = solver.root.source.position(reference.start)[0]
    message = f"{shown(solver.path)}:{line}: the net {quote(name)} {verb} {places}"
    raise InputError(message, _hint(solver.path, name, folders))


def _hint(solver: Path, name: str, folders: tuple[Path, ...]) -> str:
    """Where a file of this name is, if it is near."""
    for folder in (*folders, solver.parent):
        for above in folder.parents:
            if (above / name).is_file():
                return f"It is {above / name}: run autofix from {above}."
    beside = solver.parent / Path(name).name
    if beside.is_file():
        return f"There is {shown(beside)} beside the solver: is that the one to name?"
    return "Paths in a solver count from the folder in which Caffe is started."
