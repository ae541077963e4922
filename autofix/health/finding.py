"""What a check saw, how bad it is, and what would mend it: all data."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from autofix.prototxt import Edit

UNTOLD = "untold"  # in the metadata of a field that JSON leaves out


class Severity(str, Enum):
    """How much a finding matters: an error stops the training from learning, a warning may."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Evidence:
    """One number behind a finding, such as ``Evidence("update", 0.08, "of the weight an iteration")``."""

    what: str
    value: float
    unit: str = ""

    def __str__(self) -> str:
        return f"{self.what} {self.value:.4g}{' ' + self.unit if self.unit else ''}"


@dataclass(frozen=True)
class Remedy:
    """What would mend a finding.

    Args:
        advice: one sentence for a person.
        base_lr_factor: what to multiply base_lr with, or None.
        input_scale_factor: what to multiply the input with, or None.
        target_scale_factor: what to multiply the targets of regressions with, or None.
        momentum: the solver's momentum to set, or None.
        clip_gradients: the L2 norm to clip the gradient at, or None.
        weight_decay: the solver's weight_decay to set, or None.
        loss_weights: loss_weight to set, by layer.
        biases: the constant that biases should start at, by layer.
        filler_stds: std to draw a layer's weights with, by layer.
        searchable: False where nothing Autofix may change can help, so that searching is no use.
    """

    advice: str
    base_lr_factor: float | None = None
    input_scale_factor: float | None = None
    target_scale_factor: float | None = None
    momentum: float | None = None
    clip_gradients: float | None = None
    weight_decay: float | None = None
    loss_weights: Mapping[str, float] = field(default_factory=dict)
    biases: Mapping[str, float] = field(default_factory=dict)
    filler_stds: Mapping[str, float] = field(default_factory=dict)
    searchable: bool = True

    @property
    def changes_something(self) -> bool:
        """Whether a candidate can be made of it."""
        numbers = (
            self.base_lr_factor,
            self.input_scale_factor,
            self.target_scale_factor,
            self.momentum,
            self.clip_gradients,
            self.weight_decay,
        )
        by_layer = (self.loss_weights, self.biases, self.filler_stds)
        return any(number is not None for number in numbers) or any(by_layer)


@dataclass(frozen=True, slots=True)
class Correction:
    """How a slip in a file was meant, as edits of it: what else is wrong once it is mended does not follow from it."""

    path: Path
    edits: tuple[Edit, ...]


@dataclass(frozen=True)
class Finding:
    """One thing that one check saw.

    Args:
        code: the check's code, such as "H101".
        iteration: where it was seen first, or None where it holds for the whole training.
        explanation: one or two plain sentences.
        file, line: the place in a prototxt, for a finding that needs no trace.
        correction: of a prototxt, where it is known what was meant.
    """

    code: str
    title: str
    severity: Severity
    explanation: str
    layer: str = ""
    blob: str = ""
    iteration: int | None = None
    evidence: tuple[Evidence, ...] = ()
    remedy: Remedy | None = None
    file: str = ""
    line: int | None = None
    correction: Correction | None = field(default=None, repr=False, compare=False, metadata={UNTOLD: True})

    def measured(self, what: str) -> float:
        """Return the value of a piece of evidence; NaN where there is none of that name."""
        return next((item.value for item in self.evidence if item.what == what), math.nan)
