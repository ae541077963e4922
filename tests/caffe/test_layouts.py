"""Records that are read together hold what the parser finds in each of them."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autofix.caffe.schema import Datum
from autofix.caffe.stored import batches
from autofix.caffe.stored.batches import Seen, look
from autofix.caffe.stored.datums import RecordError, read_record
from autofix.caffe.stored.layouts import FEWEST, tables

LABELS = [0, 1, 127, 128, 300, 2**31 - 1, -1, -(2**31)]
SHAPE = {"channels": 1, "height": 2, "width": 3}


def pixels(value: int, label: int, **more: object) -> bytes:
    return Datum(**SHAPE, data=bytes([value, 0, 1, 2, 3, value]), label=label, **more).SerializeToString()


def floats(value: int, label: int) -> bytes:
    return Datum(
        **SHAPE, float_data=[value, 0, -1, np.nan if value == 13 else 1, 2, 3], label=label
    ).SerializeToString()


def field(number: int, wire: int, payload: bytes) -> bytes:
    return bytes([number << 3 | wire]) + payload


FRAME = field(1, 0, b"\1") + field(2, 0, b"\2") + field(3, 0, b"\3")
MAKERS = {
    "bytes": pixels,
    "floats": floats,
    "without a label": lambda value, _: Datum(**SHAPE, data=bytes([value] * 6)).SerializeToString(),
    "not encoded, as it says": lambda value, label: pixels(value, label, encoded=False),
    "bytes and floats": lambda value, label: pixels(value, label, float_data=[value]),
    "empty bytes, then floats": lambda value, label: field(4, 2, b"\0") + floats(value, label),
    "packed floats": lambda value, _: FRAME + field(6, 2, b"\x18" + struct.pack("<6f", *[value] * 6)),
    "packed floats and a half": lambda value, _: FRAME + field(6, 2, b"\x1a" + struct.pack("<6fH", *[value] * 7)),
    "an image file": lambda value, label: Datum(data=bytes([value] * 6), label=label, encoded=True).SerializeToString(),
    "too few": lambda value, label: Datum(**SHAPE, data=bytes([value]), label=label).SerializeToString(),
    "other order": lambda value, _: (
        field(5, 0, bytes([value & 0x7F])) + field(4, 2, b"\6" + bytes([value] * 6)) + FRAME
    ),
    "two labels": lambda value, label: pixels(value, label) + field(5, 0, bytes([value & 0x7F])),
    "two data": lambda value, label: pixels(value, label) + field(4, 2, b"\6" + bytes([value] * 6)),
    "a label that is text": lambda value, _: FRAME + field(5, 2, bytes([1, value])) + field(4, 2, b"\6" + bytes(6)),
    "a long zero": lambda value, _: pixels(value, 0)[:-1] + b"\x80\x80\0",
    "a label past 64 bits": lambda value, _: pixels(value, 0)[:-1] + b"\xff" * 9 + bytes([value & 0x7F]),
    "fields of a fork": lambda value, label: pixels(value, label) + field(9, 0, bytes([value & 0x7F])),
    "no Datum": lambda value, _: bytes([value | 0x80] * 9),
}


@st.composite
def data_bases(draw: st.DrawFn) -> list[bytes]:
    """Records of a few kinds, in any order, some with a byte that is wrong."""
    kinds = draw(st.lists(st.sampled_from(sorted(MAKERS)), min_size=1, max_size=3))
    number = draw(st.integers(1, 4 * FEWEST))
    random = draw(st.randoms(use_true_random=False))
    labels = draw(st.lists(st.sampled_from(LABELS), min_size=1, max_size=3))
    records = [MAKERS[random.choice(kinds)](random.randrange(256), random.choice(labels)) for _ in range(number)]
    for _ in range(draw(st.integers(0, 3))):
        index = random.randrange(number)
        wrong = bytearray(records[index])
        wrong[random.randrange(len(wrong))] ^= 1 << random.randrange(8)
        records[index] = bytes(wrong)
    return records


def agree(records: list[bytes]) -> None:
    """Whatever is read together is what the parser finds, and is read once."""
    found = list(tables(records))
    where = [int(index) for table in found for index in table.where]
    assert len(where) == len(set(where))
    for table in found:
        for index, values, label in zip(table.where, table.values, table.labels, strict=True):
            record = read_record(records[index], decode=True)
            assert (table.shape, int(label), record.encoded) == (record.shape, record.label, False)
            assert values.dtype == record.values.dtype
            assert values.tobytes() == record.values.tobytes()


@given(data_bases())
@settings(max_examples=60, deadline=None)
def test_a_table_holds_what_the_parser_finds(records):
    agree(records)


@pytest.mark.parametrize("kind", MAKERS)
@pytest.mark.parametrize("value", [0, 5])
def test_a_record_with_any_bit_wrong_is_read_as_the_parser_reads_it(kind, value):
    good = MAKERS[kind](value, value)
    wrong = [bytes([*good[:at], good[at] ^ 1 << bit, *good[at + 1 :]]) for at in range(len(good)) for bit in range(8)]
    agree([good, *wrong])


def plainly(records: list[bytes], monkeypatch: pytest.MonkeyPatch) -> Seen:
    """What ``look`` says if every record is parsed."""
    with monkeypatch.context() as patch:
        patch.setattr(batches, "tables", lambda _: ())
        return look([(b"%d" % index, raw) for index, raw in enumerate(records)], decode=True)


@pytest.mark.parametrize("kind", MAKERS)
@pytest.mark.parametrize("other", ["bytes", "floats", "no Datum"])
def test_a_batch_shows_the_same_as_if_each_record_were_parsed(kind, other, monkeypatch):
    values = np.random.default_rng(3).integers(0, 256, 200)
    makers = [MAKERS[other] if value % 3 == 0 else MAKERS[kind] for value in values]
    records = [
        make(int(value), LABELS[index % 3]) for index, (make, value) in enumerate(zip(makers, values, strict=True))
    ]
    found, slow = (
        look([(b"%d" % index, raw) for index, raw in enumerate(records)], decode=True),
        plainly(records, monkeypatch),
    )
    assert (found.size, found.records, found.encoded, found.troubles) == (
        slow.size,
        slow.records,
        slow.encoded,
        slow.troubles,
    )
    assert found.labels.tolist() == slow.labels.tolist()
    for name in ("shapes", "dtypes", "bad_records", "first_bad", "constant_records"):
        assert getattr(found.data, name) == getattr(slow.data, name), name
    assert list(found.data.shapes) == list(slow.data.shapes)
    ours, theirs = found.data.moments.stats(), slow.data.moments.stats()
    for name in ("count", "nan", "inf", "zeros", "minimum", "maximum", "mean", "std", "mean_abs"):
        assert getattr(ours, name) == pytest.approx(getattr(theirs, name), rel=1e-6, nan_ok=True), name


TOGETHER = ["bytes", "floats", "without a label", "not encoded, as it says", "packed floats", "other order"]


@pytest.mark.parametrize("kind", TOGETHER)
def test_what_is_written_alike_is_read_together(kind):
    records = [MAKERS[kind](value, value % 100) for value in range(FEWEST, 200)]
    (table,) = tables(records)
    assert table.where.tolist() == list(range(len(records)))


def test_labels_that_take_more_bytes_are_a_table_of_their_own():
    found = list(tables([pixels(7, label) for label in range(1000)]))
    assert sorted(len(table.where) for table in found) == [128, 872]
    assert sorted(int(label) for table in found for label in table.labels) == list(range(1000))


def test_records_that_are_no_use_are_left_to_the_parser():
    records = [pixels(7, 0)] * FEWEST + [pixels(7, 0)[:-1] + b"\xff"] * FEWEST
    (table,) = tables(records)
    assert table.where.tolist() == list(range(FEWEST))
    with pytest.raises(RecordError):
        read_record(records[-1], decode=True)
