"""Protobuf's wire format, walked over field by field."""

from __future__ import annotations

import random

import pytest

from autofix.caffe.schema import BlobProto, BlobShape, Datum
from autofix.caffe.stored.wire import Field, TornError, Wire, fields

DATUM = Datum(channels=1, height=300, width=1, data=b"\x00\xff", label=-7, float_data=[1.5, -2.0], encoded=True)


def test_every_field_is_found_with_its_place_and_value():
    wire = DATUM.SerializeToString()
    found = {field.number: field for field in fields(wire)}
    assert [found[number].value for number in (1, 2, 3, 7)] == [1, 300, 1, 1]
    assert wire[found[4].start : found[4].end] == b"\x00\xff"
    assert found[5].value == (1 << 64) - 7  # protobuf writes negative numbers so
    assert (found[6].wire, found[6].run, found[6].end - found[6].start) == (Wire.FIXED32, 2, 10)


def test_a_long_run_of_unpacked_floats_is_one_field():
    wire = Datum(float_data=[0.0] * 200_000, encoded=True).SerializeToString()
    run, after = fields(wire)
    assert (run.run, run.start, run.end) == (200_000, 0, 1_000_000)
    assert after.number == 7


def test_a_message_within_another_is_walked_by_its_place():
    wire = BlobProto(shape=BlobShape(dim=[3, 4]), data=[0.5] * 12).SerializeToString()
    data, shape = fields(wire)
    assert (data.number, data.end - data.start) == (5, 48)
    assert [wire[field.start : field.end] for field in fields(wire, shape.start, shape.end)] == [b"\x03\x04"]


def as_far_as_it_goes(wire: bytes) -> tuple[list[Field], TornError | None]:
    """The fields before the end or the first that is none."""
    found: list[Field] = []
    try:
        found.extend(fields(wire))
    except TornError as torn:
        return found, torn
    return found, None


@pytest.mark.parametrize("keep", range(1, len(DATUM.SerializeToString())))
def test_a_message_that_is_cut_off_never_gives_more_than_it_has(keep):
    whole = {field.number: field.end for field in fields(DATUM.SerializeToString())}
    found, torn = as_far_as_it_goes(DATUM.SerializeToString()[:keep])
    assert torn is None or torn.missing > 0
    assert all(field.end <= keep and (field.run or field.end == whole[field.number]) for field in found)


def test_how_much_is_missing_is_told():
    with pytest.raises(TornError) as caught:
        list(fields(b"\x22\x05abc"))
    assert (caught.value.at, caught.value.missing) == (0, 2)


@pytest.mark.parametrize("wire", [b"\x00\x01", b"\x0b", b"\x0c", b"\x0f\x01", b"\x08" + b"\xff" * 11, b"name: 'x'"])
def test_what_is_no_field_is_refused(wire):
    with pytest.raises(TornError):
        list(fields(wire))


def test_noise_ends_in_an_error_or_in_fields_within_it():
    noise = random.Random(0)
    for _ in range(2000):
        wire = noise.randbytes(noise.randrange(1, 40))
        found, torn = as_far_as_it_goes(wire)
        assert all(0 <= field.start <= field.end <= len(wire) for field in found)
        assert torn is None or torn.at <= len(wire)
