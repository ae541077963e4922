"""A candidate: one choice of what to change in a training."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType


@dataclass(frozen=True, eq=False)
class Candidate:
    """One choice of base_lr, input scale and weight fillers. ``Candidate()`` is the training as written.

    Candidates that change the same are equal.

    Attributes:
        base_lr: the solver's new base_lr.
        input_scale: what the data, as the net sees it now, is multiplied with.
        filler_stds: layer name to the standard deviation its weights are drawn with.
        momentum: the solver's new momentum.
        clip_gradients: the L2 norm that gradients are cut to.
        loss_weights: name of a loss layer to the weight of its loss.
        target_scale: what the targets of regressions are multiplied with.
    """

    base_lr: float | None = None
    input_scale: float | None = None
    filler_stds: Mapping[str, float] = field(default_factory=dict)
    momentum: float | None = None
    clip_gradients: float | None = None
    loss_weights: Mapping[str, float] = field(default_factory=dict)
    target_scale: float | None = None

    def __post_init__(self) -> None:
        for name in ("filler_stds", "loss_weights"):
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name))))

    @property
    def key(self) -> Hashable:
        """What makes two candidates the same."""
        solver = self.base_lr, self.momentum, self.clip_gradients
        data = self.input_scale, self.target_scale
        return solver, data, frozenset(self.filler_stds.items()), frozenset(self.loss_weights.items())

    @property
    def as_written(self) -> bool:
        """Whether it changes nothing."""
        return self == Candidate()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Candidate) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)
