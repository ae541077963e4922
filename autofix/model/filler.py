"""How a layer's weights are drawn, with Caffe's own arithmetic (include/caffe/filler.hpp)."""

from __future__ import annotations

from dataclasses import dataclass
from math import nan, sqrt

from autofix.prototxt import Message

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
        by_number = ("FAN_IN", "FAN_OUT", "AVERAGE")
        return cls(
            type=message.text("type", "constant"),
            value=message.number("value", 0.0),
            mean=message.number("mean", 0.0),
            std=message.number("std", 1.0),
            min=message.number("min", 0.0),
            max=message.number("max", 1.0),
            variance_norm="FAN_IN"
            if norm is None
            else by_number[norm.integer]
            if norm.kind == "number"
            else norm.word,
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
        match self.type:
            case "constant":
                return 0.0
            case "gaussian":
                return self.std * self.sparsity(num_output)
            case "uniform":
                return (self.max - self.min) / sqrt(12)
            case "xavier":  # uniform within +-sqrt(3 / n)
                return sqrt(1 / n)
            case "msra":
                return sqrt(2 / n)
            case "positive_unitball":  # uniform within 0..1, then divided by its sum over the inputs
                return 1 / (sqrt(3) * fan_in)
        return nan

    def sparsity(self, num_output: float | None) -> float:
        """What zeroed weights make of a gaussian's std: the root of the share that is left, sparse / num_output."""
        if self.sparse is None or not num_output:
            return 1.0
        return sqrt(min(1.0, self.sparse / num_output))
