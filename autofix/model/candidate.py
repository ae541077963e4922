"""A candidate: one choice of what to change in a training."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

# fields of one number, and of one for each layer by the name of their knob
_PLAIN = ("base_lr", "momentum", "weight_decay", "clip_gradients", "input_scale", "target_scale")
_BY_LAYER = {"filler_std": "filler_stds", "bias": "biases", "loss_weight": "loss_weights"}


@dataclass(frozen=True, eq=False)
class Candidate:
    """One choice of what to change in a training. ``Candidate()`` is the training as written.

    What it changes can be had one by one, as knobs: ``base_lr``, ``momentum``, ``weight_decay``,
    ``clip_gradients``, ``input_scale``, ``target_scale``, and for each layer named ``filler_std:<layer>``,
    ``bias:<layer>`` and ``loss_weight:<layer>``. Candidates that change the same are equal.

    Attributes:
        base_lr: the solver's new base_lr.
        input_scale: what the data, as the net sees it now, is multiplied with.
        filler_stds: layer name to the standard deviation its weights are drawn with.
        momentum: the solver's new momentum.
        clip_gradients: the L2 norm that gradients are cut to.
        loss_weights: name of a loss layer to the weight of its loss.
        target_scale: what the targets of regressions are multiplied with.
        weight_decay: the solver's new weight_decay.
        biases: layer name to the constant its biases start at, in place of another constant.
    """

    base_lr: float | None = None
    input_scale: float | None = None
    filler_stds: Mapping[str, float] = field(default_factory=dict)
    momentum: float | None = None
    clip_gradients: float | None = None
    loss_weights: Mapping[str, float] = field(default_factory=dict)
    target_scale: float | None = None
    weight_decay: float | None = None
    biases: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in _BY_LAYER.values():
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name))))

    @classmethod
    def of(cls, knobs: Mapping[str, float]) -> Candidate:
        """The candidate with these knobs; raises ValueError for a name that is none."""
        fields: dict[str, Any] = {name: {} for name in _BY_LAYER.values()}
        for knob, value in knobs.items():
            kind, colon, layer = knob.partition(":")
            if colon and kind in _BY_LAYER:
                fields[_BY_LAYER[kind]][layer] = value
            elif knob in _PLAIN:
                fields[knob] = value
            else:
                raise ValueError(f"no knob is called {knob!r}")
        return cls(**fields)

    @property
    def knobs(self) -> Mapping[str, float]:
        """Everything it changes, by knob."""
        plain = {name: value for name in _PLAIN if (value := getattr(self, name)) is not None}
        layers = {
            f"{kind}:{layer}": value for kind, name in _BY_LAYER.items() for layer, value in getattr(self, name).items()
        }
        return {**plain, **layers}

    def only(self, knobs: Container[str]) -> Candidate:
        """This candidate without the changes whose knobs are not among ``knobs``."""
        return Candidate.of({knob: value for knob, value in self.knobs.items() if knob in knobs})

    def upon(self, other: Candidate) -> Candidate:
        """The changes of ``other`` and this candidate's; where both turn a knob, this one's value counts."""
        return Candidate.of({**other.knobs, **self.knobs})

    @property
    def as_written(self) -> bool:
        """Whether it changes nothing."""
        return not self.knobs

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Candidate) and self.knobs == other.knobs

    def __hash__(self) -> int:
        return hash(frozenset(self.knobs.items()))
