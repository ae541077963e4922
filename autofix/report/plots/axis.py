"""From values to places on paper, and where the ticks go."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

TICKS = 6  # at most, about
SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True, slots=True)
class Axis:
    """Values from ``low`` to ``high``, laid out from ``start`` to ``end`` (in pixels)."""

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    @classmethod
    def over(cls, values: Iterable[float], start: float, end: float, *, log: bool, least: float = 0.0) -> Axis:
        """Return an axis that holds ``values`` with a little room around; what is not finite does not count.

        Args:
            least: powers of ten that a logarithmic axis spans at least; there, only positive values count.
        """
        kept = [value for value in values if math.isfinite(value) and (value > 0 or not log)] or [1.0]
        if not log:
            low, high = min(kept), max(kept)
            room = 0.05 * (high - low) or 0.5 * abs(high) or 1.0
            return cls(low - room, high + room, start, end)
        low, high = math.log10(min(kept)), math.log10(max(kept))
        room = max(0.05 * (high - low), (least - (high - low)) / 2, 0.05)
        return cls(10 ** (low - room), 10 ** (high + room), start, end, log=True)

    def place(self, value: float) -> float:
        """Return where ``value`` lies; beyond the ends of the axis, the end."""
        if self.log:
            value = math.log10(value) if value > 0 else -math.inf
        low, high = self._ends
        share = (value - low) / (high - low)
        return self.start + min(max(share, 0.0), 1.0) * (self.end - self.start)

    @property
    def ticks(self) -> tuple[float, ...]:
        """Round values on the axis."""
        return tuple(self._decades() if self.log else self._steps())

    @property
    def _ends(self) -> tuple[float, float]:
        return (math.log10(self.low), math.log10(self.high)) if self.log else (self.low, self.high)

    def _decades(self) -> Iterable[float]:
        low, high = self._ends
        if high - low < 1.5:
            powers = range(math.floor(low), math.ceil(high) + 1)
            values = [digit * 10.0**power for power in powers for digit in (1, 2, 5)]
            return [value for value in values if self.low <= value <= self.high]
        step = math.ceil((high - low) / TICKS)
        return [10.0**power for power in range(math.ceil(low), math.floor(high) + 1) if power % step == 0]

    def _steps(self) -> Iterable[float]:
        rough = (self.high - self.low) / TICKS
        size = 10.0 ** math.floor(math.log10(rough))
        step = next(digit * size for digit in (1, 2, 5, 10) if digit * size >= rough)
        first = math.ceil(self.low / step)
        return [float(count * step) for count in range(first, math.floor(self.high / step) + 1)]


def told(value: float) -> str:
    """A tick's value in few characters: 0.5, 250, 10⁻⁶, 2·10⁵."""
    if value == 0 or 1e-3 <= abs(value) < 1e4:
        return f"{value:.6g}"
    mantissa, _, exponent = f"{value:.0e}".partition("e")
    power = f"10{str(int(exponent)).translate(SUPERSCRIPTS)}"
    return power if mantissa == "1" else f"{mantissa}·{power}"
