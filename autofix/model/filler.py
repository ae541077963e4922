"""How a layer's weights are drawn, with Caffe's own arithmetic (include/caffe/filler.hpp)."""

from __future__ import annotations

from dataclasses import dataclass
from math import nan, sqrt

from autofix.prototxt import Message

_NORMS = {"0": "FAN_IN", "1": "FAN_OUT", "2": "AVERAGE"}  # enums may be written as numbers
REFILLABLE = frozenset({"gaussian", "uniform", "xavier", "msra", "constant"})


@dataclass(frozen=True, slots=True)
class Filler:
    """A ``weight_filler`` or ``bias_filler`` with Caffe's defaults filled in.

    Attributes:
        written: the block it was read from; None where Caffe's default stands in (constant 0).
        sparse: of a gaussian filler, how many inputs of each output are not zero on average; None: all.
    """

    type: str = "constant"
    value: float = 0.0
    mean: float = 0.0
    std: float = 1.0
    min: float = 0.0
    max: float = 1.0
    variance_norm: str = "FAN_IN"
    sparse: int | None = None
    written: Message | None = None

    @classmethod
    def read(cls, message: Message | None) -> Filler:
        """The filler that ``message`` describes; constant 0 where there is none."""
        if message is None:
            return cls()
        sparse = message.integer("sparse", -1)
        norm = message.scalar("variance_norm")
        return cls(
            type=message.text("type", "constant"),
            value=message.number("value", 0.0),
            mean=message.number("mean", 0.0),
            std=message.number("std", 1.0),
            min=message.number("min", 0.0),
            max=message.number("max", 1.0),
            variance_norm="FAN_IN" if norm is None else _NORMS.get(norm.raw, norm.raw),
            sparse=sparse if sparse >= 0 else None,
            written=message,
        )

    def std_for(self, fan_in: float, fan_out: float, num_output: float | None = None) -> float:
        """The standard deviation of the weights this filler draws.

        Args:
            fan_in: weights per output: count / shape[0] of the weight blob.
            fan_out: count / shape[1].
            num_output: shape[0], which a sparse filler needs.

        Returns:
            nan for fillers of which no spread is known (bilinear, those of forks).
        """
        n = {"FAN_OUT": fan_out, "AVERAGE": (fan_in + fan_out) / 2}.get(self.variance_norm, fan_in)
        stds = {
            "constant": 0.0,
            "gaussian": self.std * self.sparsity(num_output),
            "uniform": (self.max - self.min) / sqrt(12),
            "xavier": sqrt(1 / n),  # uniform within +-sqrt(3 / n)
            "msra": sqrt(2 / n),
            "positive_unitball": 1 / (sqrt(3) * fan_in),  # uniform within 0..1, then divided by the sum of its row
        }
        return stds.get(self.type, nan)

    def sparsity(self, num_output: float | None) -> float:
        """What zeroed weights make of a gaussian's std: the root of the share that is left, sparse / num_output."""
        if self.sparse is None or not num_output:
            return 1.0
        return sqrt(min(1.0, self.sparse / num_output))
