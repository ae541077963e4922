"""A candidate: one choice of what to change in a training."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TypeAlias

Key: TypeAlias = tuple[float | None, float | None, tuple[tuple[str, float], ...]]


@dataclass(frozen=True, eq=False)
class Candidate:
    """One choice of base_lr, input scale and weight fillers. ``Candidate()`` is the training as written.

    Attributes:
        base_lr: the solver's new base_lr.
        input_scale: what the data, as the net sees it now, is multiplied with.
        filler_stds: layer name to the standard deviation its weights are drawn with.
    """

    base_lr: float | None = None
    input_scale: float | None = None
    filler_stds: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "filler_stds", MappingProxyType(dict(self.filler_stds)))

    @property
    def as_written(self) -> bool:
        """Whether it changes nothing."""
        return self.base_lr is None and self.input_scale is None and not self.filler_stds

    @property
    def key(self) -> Key:
        """What makes two candidates the same."""
        return self.base_lr, self.input_scale, tuple(sorted(self.filler_stds.items()))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Candidate) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)
