"""What a net asks of a data set: how many classes its labels may name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from autofix.caffe.stored import DataSet
from autofix.health.static.graph import origin
from autofix.health.static.rules.s405_labels import CLASSES
from autofix.model import DataInput, Layer, Loss, Net, load
from autofix.prototxt import read


@dataclass(frozen=True, slots=True)
class Target:
    """One loss that compares classes with labels.

    Attributes:
        label: the blob its labels come from, under the name the data layer gives it.
        source: of the data layer; empty where the net does not say.
        classes: labels run from 0 to one less.
        ignored: the label that does not count, or None.
    """

    layer: str
    prediction: str
    label: str
    source: str
    classes: int
    ignored: int | None


@dataclass(frozen=True, slots=True)
class Feed:
    """A data layer of a net, in one phase."""

    net: Net
    data: DataInput


@dataclass(frozen=True, slots=True)
class Targets:
    """The class losses of a net, its layers, and its data layers, those of TRAIN first."""

    path: Path
    folders: tuple[Path, ...]
    every: tuple[Target, ...]
    layers: tuple[Layer, ...]
    feeds: tuple[Feed, ...]

    def of(self, data: DataSet) -> tuple[Target, ...]:
        """Those that read ``data``; where the net reads it nowhere, all."""
        own = tuple(target for target in self.every if self._is(target.source, data.path))
        return own or self.every

    def feeding(self, data: DataSet) -> tuple[Feed, ...]:
        """The data layers that read ``data``."""
        return tuple(feed for feed in self.feeds if self._is(feed.data.source, data.path))

    def reads(self, data: DataSet) -> bool:
        """Whether the net names this data set."""
        return bool(self.feeding(data)) or any(self._is(target.source, data.path) for target in self.every)

    def _is(self, source: str, path: Path) -> bool:
        if path.name == "data.mdb":
            path = path.parent
        return bool(source) and any((folder / source).resolve() == path.resolve() for folder in self.folders)


def read_targets(path: Path) -> Targets:
    """Read the class losses of a net, or of all nets of a solver.

    Raises:
        InputError: it is missing or makes no sense.
        PrototxtError: it does not parse.
    """
    document = read(path)
    if any(name in document.root for name in ("layer", "layers")):
        net = Net.read(document)
        nets = [net.for_phase("TRAIN"), net.for_phase("TEST")]
        folders = (Path.cwd(), path.absolute().parent)
    else:
        training = load(path)
        nets, folders = [training.train, *training.tests], (training.folder, Path.cwd())
    found = dict.fromkeys(target for net in nets for target in _targets(net))
    layers = {layer.name: layer for net in reversed(nets) for layer in net.layers}
    feeds = tuple(Feed(net, data) for net in nets for data in net.inputs)
    return Targets(path, folders, tuple(found), tuple(layers.values()), feeds)


def _targets(net: Net) -> Iterator[Target]:
    for loss in net.losses:
        if loss.layer.type in CLASSES and loss.classes:
            found = origin(net, loss.label)
            source = found.data.source if found is not None else ""
            yield Target(
                layer=loss.layer.name,
                prediction=loss.prediction,
                label=found.blob if found is not None else loss.label,
                source=source or "",
                classes=loss.classes,
                ignored=_ignored(loss),
            )


def _ignored(loss: Loss) -> int | None:
    settings = loss.layer.settings("loss_param")
    return settings.integer("ignore_label", -1) if settings is not None and "ignore_label" in settings else None
