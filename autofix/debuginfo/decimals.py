"""Many decimal numbers at once: text to float64, in NumPy."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from autofix.debuginfo.trace import BoolArray, FloatArray

Places: TypeAlias = npt.NDArray[np.intp]
Bytes: TypeAlias = npt.NDArray[np.uint8]
Words: TypeAlias = npt.NDArray[np.uint64]  # eight characters each, the first in the lowest byte

PAD = 24  # bytes that must stand before the first number of a buffer
_WIDTH = 16  # characters of a mantissa, at most
_EXPONENT, _ZERO = 4, ord("0")  # characters, as in "e-07"
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


def stand_at(text: bytes, buffer: bytes, starts: Places) -> BoolArray:
    """Return at which places the text stands: ``[len(starts)]``.

    Args:
        starts: at least seven bytes more than the text has follow each of them.
    """
    width = -(-len(text) // 8) * 8
    here = windows(buffer, starts, width).view(np.uint64)
    words = np.frombuffer(text.ljust(width, b"\0"), np.uint64)
    masks = np.frombuffer((b"\xff" * len(text)).ljust(width, b"\0"), np.uint64)
    stands = np.ones(len(starts), dtype=bool)
    for column, (word, mask) in enumerate(zip(words, masks, strict=True)):
        stands &= here[:, column] & mask == word
    return stands


def parse_decimals(buffer: bytes, starts: Places, ends: Places) -> tuple[FloatArray, BoolArray]:
    """Return the numbers at ``buffer[start:end]``, each the float64 that is nearest to its text, and which are some.

    Where mantissa and power of ten are both exact in float64, one product or division rounds correctly (the fast
    path of Clinger, "How to Read Floating Point Numbers Accurately", 1990). Other texts are left to ``float``.

    Args:
        starts: ``[N]``, at least ``PAD``.
        ends: ``[N]``.
    """
    text, sizes = windows(buffer, ends - PAD, PAD), ends - starts
    exponents = _cut_exponents(text, sizes)
    _, left, right = text.view("<u8").T
    values, decimals, fits = _mantissas(left, right, sizes)
    exponents -= decimals
    fits &= np.abs(exponents) <= _EXACT_POWER
    values /= _POWERS.take(-exponents, mode="clip")  # by 1 where the exponent is positive
    large = np.flatnonzero(exponents > 0)
    values[large] *= _POWERS.take(exponents[large], mode="clip")
    _name_not_finite(values, fits, right, sizes)
    for place in np.flatnonzero(~fits).tolist():
        try:
            values[place] = float(buffer[starts[place] : ends[place]])
            fits[place] = True
        except ValueError:
            values[place] = np.nan
    return values, fits


def _name_not_finite(values: FloatArray, fits: BoolArray, right: Words, sizes: Places) -> None:
    """Set the values that are spelt as NaN or infinity, which a training that went wrong prints by the million.

    Args:
        right: ``[N]``, the eight last characters.
        sizes: ``[N]``, how many characters belong to each number.
    """
    odd = np.flatnonzero(~fits)
    if not len(odd):
        return
    right, sizes = right[odd], sizes[odd]
    for spelling in (b"nan", b"-nan", b"inf", b"-inf"):
        size = len(spelling)
        word = np.uint64(int.from_bytes(spelling.rjust(8, b"\0"), "little"))
        same = odd[(sizes == size) & (right & _KEEP[size] == word)]
        values[same], fits[same] = float(spelling), True


def _cut_exponents(text: Bytes, sizes: Places) -> Places:
    """Return the exponents of numbers that end at the texts' ends, 0 for one without; cut them off texts and sizes."""
    exponents = np.zeros(len(text), dtype=np.intp)
    places = np.flatnonzero((text[:, -_EXPONENT] == ord("e")) & (sizes > _EXPONENT))
    sign, tens, ones = text[places, 1 - _EXPONENT :].T - np.array([[0], [_ZERO], [_ZERO]], np.uint8)
    present = ((sign == ord("-")) | (sign == ord("+"))) & (tens < 10) & (ones < 10)
    powers = np.where(sign == ord("-"), -1, 1) * (10 * tens.astype(np.intp) + ones)
    places, powers = places[present], powers[present]
    exponents[places] = powers
    text[places, _EXPONENT:] = text[places, :-_EXPONENT]
    sizes[places] -= _EXPONENT
    return exponents


def _mantissas(left: Words, right: Words, sizes: Places) -> tuple[FloatArray, Places, BoolArray]:
    """Return digits without their dot as whole numbers, how many stood behind it, and where that was possible.

    Args:
        left, right: ``[N]``, the 16 last characters.
        sizes: ``[N]``, how many characters belong to each number.
    """
    right = (right ^ _ZEROS) & _KEEP.take(sizes, mode="clip")
    left = (left ^ _ZEROS) & _KEEP.take(sizes - 8, mode="clip")
    dots = _lowest_dot(right)
    has_dot = dots != 0
    decimals = np.where(has_dot, 7 - _index(dots), 0)
    right = np.where(has_dot, _closed_up(right, dots), right)

    wide = np.flatnonzero(left)  # Caffe prints six digits: few begin so far to the left with more than a zero
    left, dots, dot_right = left[wide], _lowest_dot(left[wide]), has_dot[wide]
    has_dot[wide] |= (dot_left := dots != 0)
    decimals[wide] += np.where(dot_left & ~dot_right, 15 - _index(dots), 0)
    right[wide] |= np.where(dot_right, left >> np.uint64(56), np.uint64(0))
    left = np.where(dot_right, left << np.uint64(8), np.where(dot_left, _closed_up(left, dots), left))

    wholes, beyond = _eight_digits(right), _beyond_nine(right)
    wholes[wide] += _eight_digits(left) * np.uint64(10**8)
    beyond[wide] |= _beyond_nine(left)
    fits = (sizes > has_dot) & (sizes <= _WIDTH) & (wholes < _EXACT_WHOLE) & (beyond & _HIGH == 0)
    return wholes.astype(np.float64), decimals, fits


def not_digits(words: Words) -> Words:
    """Return the words with bits set in each character (and perhaps in others) that is no digit, else 0."""
    flagged: Words = (_beyond_nine(words ^ _ZEROS) & _HIGH) >> np.uint64(7)
    return flagged


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
