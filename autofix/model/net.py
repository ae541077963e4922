"""A net: its layers, and the way from blob to blob."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from autofix.model import kinds
from autofix.model.blobs import Blobs
from autofix.model.inputs import DataInput, find_inputs
from autofix.model.layer import Layer
from autofix.model.losses import Loss, find_losses
from autofix.model.state import NetState, Phase
from autofix.prototxt import Document, Message


@dataclass(frozen=True, eq=False, repr=False)
class Net:
    """The layers of a net file (or of an inline ``net_param``), in order.

    Attributes:
        root: the block that holds the net: the whole document, or ``net_param { ... }`` in a solver.
        path: the file it is written in.
        state: None for the file as a whole, else the state its layers were filtered for.
    """

    name: str
    layers: tuple[Layer, ...]
    root: Message
    path: Path
    state: NetState | None = None

    def __repr__(self) -> str:
        return f"<Net {self.name or self.path}: {len(self.layers)} layers>"

    @classmethod
    def read(cls, net: Document | Message) -> Net:
        """Read a net from its document, or from an inline block of a solver."""
        root = net.root if isinstance(net, Document) else net
        file = root.source.path or Path("net.prototxt")
        layers = tuple(Layer.read(field, file) for field in root.all("layer", "layers"))
        return cls(root.text("name"), layers, root, file)

    def for_phase(self, phase: Phase, state: Message | None = None) -> Net:
        """The net that Caffe builds for a phase, unless its own ``state`` or the solver's names another one.

        Args:
            state: ``train_state`` or ``test_state`` of the solver: its stages and level count too.
        """
        full = NetState(phase).merged(self.root.message("state")).merged(state)
        return replace(self, layers=tuple(la for la in self.layers if full.includes(la.message)), state=full)

    def layer(self, name: str) -> Layer:
        """The first layer of this name; raises KeyError."""
        if name not in self._by_name:
            raise KeyError(f"no layer '{name}' in this net")
        return self._by_name[name]

    def consumers(self, blob: str) -> Iterator[tuple[Layer, int]]:
        """The layers that read ``blob``, with the position of the bottom."""
        return self.blobs.consumers(blob)

    def producers(self, blob: str) -> Iterator[Layer]:
        """The layers that write ``blob``, in-place ones included."""
        return self.blobs.producers(blob)

    @cached_property
    def _by_name(self) -> Mapping[str, Layer]:
        return {layer.name: layer for layer in reversed(self.layers)}

    @cached_property
    def blobs(self) -> Blobs:
        """Who makes and who reads each blob."""
        return Blobs(self.layers, tuple(scalar.word for scalar in self.root.scalars("input")))

    @cached_property
    def inputs(self) -> tuple[DataInput, ...]:
        """Where the net's data comes from."""
        return find_inputs(self.blobs)

    @cached_property
    def losses(self) -> tuple[Loss, ...]:
        """What the net minimises."""
        return find_losses(self.blobs)

    @cached_property
    def regression_targets(self) -> tuple[str, ...]:
        """The blobs of data that regressions alone are to reach.

        Signals are not among them, such as an autoencoder's own data, nor labels that tell another loss a class.
        """
        signals = {blob for data in self.inputs for blob in data.features}
        labels: dict[str, bool] = {}  # and whether regressions alone compare with them
        for loss in self.losses:
            labels[loss.label] = labels.get(loss.label, True) and loss.layer.type in kinds.REGRESSION_LOSSES
        targets = (label for label, alone in labels.items() if label and alone and not self.blobs.computed(label))
        return tuple(target for target in targets if self.blobs.root(target) not in signals)

    @cached_property
    def learnable(self) -> tuple[Layer, ...]:
        """The layers whose type is known to have learnable blobs."""
        return tuple(layer for layer in self.layers if layer.learnable)

    @cached_property
    def owners(self) -> Mapping[Layer, Layer]:
        """By layer with a weight filler, the layer whose weights it has.

        Of layers that share their weights by name it is the first: Caffe fills all of them and keeps the owner's.
        """
        first: dict[str, Layer] = {}
        found: dict[Layer, Layer] = {}
        for layer in self.layers:
            if layer.weight_filler is not None:
                found[layer] = first.get(layer.param(0).name, layer)
            for param in layer.params:
                if param.name:
                    first.setdefault(param.name, layer)
        return found

    @cached_property
    def drawn(self) -> tuple[Layer, ...]:
        """The layers whose own weight filler counts."""
        return tuple(layer for layer, owner in self.owners.items() if layer is owner)

    @cached_property
    def refillable(self) -> tuple[Layer, ...]:
        """The layers whose weights can be drawn with another std."""
        return tuple(layer for layer in self.drawn if layer.refillable)
