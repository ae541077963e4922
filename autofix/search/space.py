"""The three parameters of the search, their ranges, and how a candidate maps to them and back.

``base_lr`` is the solver's number. ``input_scale`` multiplies the data as written. ``filler_std`` is the std of the
weights in units of the one that keeps the signal's variance in that layer (see ``health.gains``), so that one number
serves layers of any size; of a candidate whose layers differ it is the geometric mean.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from autofix.health import Gain
from autofix.model import Candidate, Training
from autofix.search.rates import written_or_usual
from autofix.search.remedies import rounded
from autofix.search.study import Range, Space
from autofix.search.trial import Params

LR_DECADES = (5.0, 1.0)  # powers of ten below and above the base_lr as written
STD_RANGE = Range(0.03, 3.0)  # in units of the std that keeps the signal
INPUT_SIZES = (0.03, 10.0)  # mean |x| of the scaled input


@dataclass(frozen=True)
class Coordinates:
    """The space around one training.

    Args:
        base_lr: as written, or a usual one where that is no positive number.
        input_size: mean |x| of the input as written; 1 where it is not known.
        stds: layer to the std of its weights as written.
        keeping: layer to the std that keeps the signal.
    """

    base_lr: float
    input_size: float
    stds: Mapping[str, float]
    keeping: Mapping[str, float]

    @classmethod
    def around(cls, training: Training, input_size: float, gains: tuple[Gain, ...]) -> Coordinates:
        """Return the space around ``training``."""
        return cls(
            written_or_usual(training.solver),
            input_size if math.isfinite(input_size) and input_size > 0 else 1.0,
            {gain.layer: gain.std for gain in gains},
            {gain.layer: gain.keeping for gain in gains},
        )

    def to_json(self) -> str:
        """Return the coordinates as JSON."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Coordinates:
        """Return what `to_json` wrote."""
        return cls(**json.loads(text))

    @property
    def space(self) -> Space:
        """The ranges; ``filler_std`` is left out where no layer's filler may be changed."""
        below, above = LR_DECADES
        small, large = INPUT_SIZES
        ranges = {
            "base_lr": Range(self.base_lr / 10**below, self.base_lr * 10**above),
            "input_scale": Range(min(1.0, small / self.input_size), max(1.0, large / self.input_size)),
        }
        return {**ranges, "filler_std": STD_RANGE} if self.keeping else ranges

    def params(self, candidate: Candidate) -> Params:
        """Return where ``candidate`` lies."""
        params = {
            "base_lr": candidate.base_lr or self.base_lr,
            "input_scale": candidate.input_scale or 1.0,
        }
        if self.keeping:
            stds = {**self.stds, **candidate.filler_stds}
            shares = [max(stds[layer] / self.keeping[layer], STD_RANGE.low) for layer in self.keeping]
            params["filler_std"] = math.exp(sum(map(math.log, shares)) / len(shares))
        return params

    def candidate(self, params: Params) -> Candidate:
        """Return the candidate at a point, with numbers short enough to read in a diff."""
        share = params.get("filler_std")
        stds = {layer: rounded(share * std) for layer, std in self.keeping.items()} if share else {}
        return Candidate(rounded(params["base_lr"]), rounded(params["input_scale"]), stds)
