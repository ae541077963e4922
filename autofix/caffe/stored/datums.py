"""Caffe's Datum records: pixels as bytes, as floats, or as an encoded image."""

from __future__ import annotations

import io
from typing import NamedTuple, TypeAlias

import numpy as np
from google.protobuf.message import DecodeError

from autofix.caffe.schema import DatumHead
from autofix.caffe.stored.wire import UNPACKED, TornError, Wire, fields
from autofix.caffe.tops import Array

FLOATS = 6  # the number of Datum.float_data
Shape: TypeAlias = tuple[int, int, int]  # channels, height, width


class RecordError(ValueError):
    """A record that Caffe cannot use; its text says why."""


class UndecodableError(RecordError):
    """An encoded image that does not decode, or not to its end."""


class Record(NamedTuple):
    """One record.

    Attributes:
        values: one dimension; bytes and decoded images as uint8. None for an image that was not decoded.
        encoded: whether it holds an image file.
    """

    shape: Shape
    values: Array | None
    label: int
    encoded: bool


def read_record(raw: bytes, decode: bool) -> Record:
    """Return what a record holds.

    Args:
        decode: whether to decode images, which takes Pillow.

    Raises:
        UndecodableError: its image does not decode.
        RecordError: it is no Datum, or has not as many values as its shape says.
    """
    try:
        datum = DatumHead.FromString(raw)
    except DecodeError as error:
        raise RecordError("not a Datum, which is what Caffe's Data layer reads") from error
    if datum.encoded:
        return _image(datum.data, datum.label, decode)
    values = np.frombuffer(datum.data, np.uint8) if datum.data else _floats(raw)
    shape = (datum.channels, datum.height, datum.width)
    if values.size == 0 or values.size != shape[0] * shape[1] * shape[2]:
        raise RecordError(f"{values.size} values where channels x height x width is {shape}")
    return Record(shape, values, datum.label, encoded=False)


def _floats(raw: bytes) -> Array:
    """``float_data``, which is not packed: each value with a tag of its own."""
    try:
        found = [field for field in fields(raw) if field.number == FLOATS]
    except TornError as error:
        raise RecordError("not a Datum, which is what Caffe's Data layer reads") from error
    parts: list[Array] = []
    for field in found:
        if field.wire is Wire.BYTES:
            parts.append(np.frombuffer(raw, "<f4", (field.end - field.start) // 4, field.start))
        elif field.run:
            parts.append(np.frombuffer(raw, UNPACKED, field.run, field.start)["value"])
    return np.concatenate(parts) if parts else np.empty(0, np.float32)


def _image(encoded: bytes, label: int, decode: bool) -> Record:
    if not decode:
        return Record((0, 0, 0), None, label, encoded=True)
    from PIL import Image, UnidentifiedImageError  # noqa: PLC0415 -- optional

    try:
        with Image.open(io.BytesIO(encoded)) as image:
            grey = image.mode in ("L", "1")
            pixels = np.asarray(image.convert("L" if grey else "RGB"))
    except UnidentifiedImageError as error:
        raise UndecodableError("no image of a known kind") from error
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise UndecodableError(str(error).splitlines()[0]) from error
    height, width = pixels.shape[:2]
    return Record((1 if grey else 3, height, width), pixels.reshape(-1), label, encoded=True)
