"""Our declarations read and write the bytes Caffe does."""

from __future__ import annotations

import pytest

from autofix.caffe.schema import BlobProto, BlobShape, Datum

# Wire bytes put together by hand from the field numbers of caffe.proto: (message, its bytes).
WIRE = {
    "raw datum": (
        Datum(channels=1, height=2, width=1, data=b"\x00\xff", label=7),
        b"\x08\x01\x10\x02\x18\x01\x22\x02\x00\xff\x28\x07",
    ),
    "float datum": (  # float_data is not packed
        Datum(channels=2, float_data=[1.0, -2.0], encoded=True),
        b"\x08\x02\x35\x00\x00\x80\x3f\x35\x00\x00\x00\xc0\x38\x01",
    ),
    "blob": (  # data and dim are packed
        BlobProto(shape=BlobShape(dim=[2, 1]), data=[1.0, -2.0]),
        b"\x2a\x08\x00\x00\x80\x3f\x00\x00\x00\xc0\x3a\x04\x0a\x02\x02\x01",
    ),
    "blob of the old four dimensions": (
        BlobProto(num=1, channels=3, height=2, width=2, diff=[1.0]),
        b"\x08\x01\x10\x03\x18\x02\x20\x02\x32\x04\x00\x00\x80\x3f",
    ),
    "double blob": (
        BlobProto(double_data=[1.0], double_diff=[-2.0]),
        b"\x42\x08\x00\x00\x00\x00\x00\x00\xf0\x3f\x4a\x08\x00\x00\x00\x00\x00\x00\x00\xc0",
    ),
}


@pytest.mark.parametrize(("message", "wire"), WIRE.values(), ids=WIRE)
def test_message_and_wire_bytes_agree(message, wire):
    assert message.SerializeToString() == wire
    assert type(message).FromString(wire) == message


def test_a_field_caffe_adds_later_is_no_obstacle():
    assert Datum.FromString(b"\x28\x07\xa0\x06\x01").label == 7  # field 100 is unknown here
