"""Many decimal numbers at once: text to float64, in NumPy."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from autofix.debuginfo.trace import BoolArray, FloatArray

Places: TypeAlias = npt.NDArray[np.intp]
Bytes: TypeAlias = npt.NDArray[np.uint8]
Words: TypeAlias = npt.NDArray[np.uint64]  # eight characters each, the first in the lowest byte

PAD = 20  # bytes that must stand before the first number of a buffer
_WIDTH = 16  # characters of a mantissa, at most
_EXPONENT = 4  # characters, as in "e-07"
_EXACT_POWER = 22  # the largest power of ten that a float64 holds exactly
_EXACT_WHOLE = np.uint64(1 << 53)  # below, it holds every whole number
_POWERS = 10.0 ** np.arange(_EXACT_POWER + 1)

_EACH = np.uint64(0x0101010101010101)
_HIGH = np.uint64(0x80) * _EACH
_ZEROS = np.uint64(ord("0")) * _EACH
_DOTS = np.uint64(ord(".") ^ ord("0")) * _EACH
# By the number of characters that belong to the text, which stands at the word's end.
_KEEP = np.array([0] + [(1 << 64) - (1 << 8 * (8 - size)) for size in range(1, 9)], dtype=np.uint64)


def windows(buffer: bytes, starts: Places, width: int) -> Bytes:
    """Return the ``width`` bytes from each place on: ``[len(starts), width]``."""
    # Elements of a void type are copied whole, which is much faster than byte by byte.
    overlapping = np.ndarray((len(buffer) - width + 1,), f"V{width}", buffer, strides=(1,))
    found: Bytes = overlapping[starts].view(np.uint8).reshape(-1, width)
    return found


def parse_decimals(buffer: bytes, starts: Places, ends: Places) -> tuple[FloatArray, BoolArray]:
    """Return the numbers at ``buffer[start:end]``, each the float64 that is nearest to its text, and which are some.

    Where mantissa and power of ten are both exact in float64, one product or division rounds correctly (the fast
    path of Clinger, "How to Read Floating Point Numbers Accurately", 1990). Other texts are left to ``float``.

    Args:
        starts: ``[N]``, at least ``PAD``.
        ends: ``[N]``.
    """
    exponents, has_exponent = _exponents(buffer, starts, ends)
    mantissas, decimals, fits = _mantissas(buffer, starts, ends - _EXPONENT * has_exponent)
    exponents -= decimals
    fits &= np.abs(exponents) <= _EXACT_POWER
    powers = _POWERS[np.where(fits, np.abs(exponents), 0)]
    values: FloatArray = np.where(exponents < 0, mantissas / powers, mantissas * powers)
    for place in np.flatnonzero(~fits).tolist():
        try:
            values[place] = float(buffer[starts[place] : ends[place]])
            fits[place] = True
        except ValueError:
            values[place] = np.nan
    return values, fits


def _exponents(buffer: bytes, starts: Places, ends: Places) -> tuple[Places, BoolArray]:
    """Return the numbers' exponents, 0 where there is none of the form ``e-07``, and where there is one."""
    tail = windows(buffer, ends - _EXPONENT, _EXPONENT)
    tens, ones = (tail[:, place] - np.uint8(ord("0")) for place in (2, 3))
    negative = tail[:, 1] == ord("-")
    present = (tail[:, 0] == ord("e")) & (ends - starts > _EXPONENT) & (tens < 10) & (ones < 10)
    present &= negative | (tail[:, 1] == ord("+"))
    sizes = 10 * tens.astype(np.intp) + ones
    return np.where(present, np.where(negative, -sizes, sizes), 0), present


def _mantissas(buffer: bytes, starts: Places, ends: Places) -> tuple[FloatArray, Places, BoolArray]:
    """Return digits without their dot as whole numbers, how many stood behind it, and where that was possible."""
    sizes = ends - starts
    text = windows(buffer, ends - _WIDTH, _WIDTH).view("<u8")
    right = (text[:, 1] ^ _ZEROS) & _KEEP[np.clip(sizes, 0, 8)]
    left = (text[:, 0] ^ _ZEROS) & _KEEP[np.clip(sizes - 8, 0, 8)]

    right_dot, left_dot = _lowest_dot(right), _lowest_dot(left)
    in_right, in_left = right_dot != 0, left_dot != 0
    decimals = np.where(in_right, 7 - _index(right_dot), np.where(in_left, 15 - _index(left_dot), 0))
    right = np.where(in_right, _closed_up(right, right_dot) | left >> np.uint64(56), right)
    left = np.where(in_right, left << np.uint64(8), np.where(in_left, _closed_up(left, left_dot), left))

    wholes = _eight_digits(left) * np.uint64(10**8) + _eight_digits(right)
    fits = (sizes > (in_right | in_left)) & (sizes <= _WIDTH) & (wholes < _EXACT_WHOLE)
    fits &= ((_beyond_nine(left) | _beyond_nine(right)) & _HIGH) == 0
    return wholes.astype(np.float64), decimals, fits


def _beyond_nine(words: Words) -> Words:
    """Return the words with the highest bit set in each character (and perhaps in others) that is no digit."""
    flagged: Words = words | words + np.uint64(0x76) * _EACH
    return flagged


def _lowest_dot(words: Words) -> Words:
    """Return the highest bit of the first character that is a dot; 0 where none is."""
    same = words ^ _DOTS
    found = (same - _EACH) & ~same & _HIGH
    lowest: Words = found & (~found + np.uint64(1))
    return lowest


def _index(bits: Words) -> Places:
    """Return which character a bit of ``_lowest_dot`` belongs to (anything for 0)."""
    below = (bits >> np.uint64(7)) - np.uint64(1)
    index: Places = ((below & _EACH) * _EACH >> np.uint64(56)).astype(np.intp)
    return index


def _closed_up(words: Words, dots: Words) -> Words:
    """Return the words without the dot: what stood before it moves one place on."""
    below = (dots >> np.uint64(7)) - np.uint64(1)
    closed: Words = (words & below) << np.uint64(8) | words & ~(below << np.uint64(8) | np.uint64(0xFF))
    return closed


def _eight_digits(words: Words) -> Words:
    """Return the number whose digits (0 to 9, not characters) are the words' bytes, two, four, eight at a time."""
    pairs = words * np.uint64(10) + (words >> np.uint64(8))
    mask = np.uint64(0x000000FF000000FF)
    high, low = np.uint64(100 + (1000000 << 32)), np.uint64(1 + (10000 << 32))
    numbers: Words = ((pairs & mask) * high + (pairs >> np.uint64(16) & mask) * low) >> np.uint64(32)
    return numbers
