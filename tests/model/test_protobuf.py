"""Caffe's own protobuf reads the same values as we do: in every case, as written and patched, and in what it writes."""

from __future__ import annotations

import math
from types import ModuleType
from typing import Any

import pytest
from google.protobuf import text_format
from google.protobuf.message import Message as Judged
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from model_cases import CASES

from autofix.model import patch
from autofix.prototxt import Message, Scalar, parse

pytestmark = pytest.mark.caffe


def test_protobuf_reads_the_same_values(caffe_proto: ModuleType) -> None:
    compared = 0
    for case in CASES:
        if not case.runs:
            continue
        training = case.load()
        patched = patch(training, case.candidate).documents
        for path, document in [*training.documents.items(), *patched.items()]:
            kind = caffe_proto.SolverParameter if path == training.solver.path else caffe_proto.NetParameter
            judged = text_format.Parse(document.text.removeprefix("\ufeff"), kind())
            compared += same(document.root, judged)
    assert compared > 1000


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=50)
@given(data=st.data(), one_line=st.booleans(), angles=st.booleans(), short=st.booleans())
def test_we_read_what_protobuf_writes(
    caffe_proto: ModuleType, data: st.DataObject, one_line: bool, angles: bool, short: bool
) -> None:
    made = caffe_proto.NetParameter()
    fill(data, made, depth=0)
    text = text_format.MessageToString(
        made,
        as_one_line=one_line,
        pointy_brackets=angles,
        use_short_repeated_primitives=short,
        as_utf8=data.draw(st.booleans()),
    )
    document = parse(text)
    same(document.root, made)
    assert str(document) == text


def fill(data: st.DataObject, message: Judged, depth: int) -> None:
    """Give a few fields of ``message`` some values."""
    fields = [field for field in message.DESCRIPTOR.fields if depth < 3 or field.message_type is None]
    for kind in data.draw(st.lists(st.sampled_from(fields), max_size=4, unique_by=lambda field: field.name)):
        for _ in range(data.draw(st.integers(1, 3)) if kind.is_repeated else 1):
            if kind.message_type is not None:
                inner = getattr(message, kind.name)
                fill(data, inner.add() if kind.is_repeated else inner, depth + 1)
                if not kind.is_repeated:
                    inner.SetInParent()
            elif kind.is_repeated:
                getattr(message, kind.name).append(data.draw(values(kind)))
            else:
                setattr(message, kind.name, data.draw(values(kind)))


def values(kind: Any) -> st.SearchStrategy[Any]:
    """Values that a field of this kind takes."""
    if kind.type == kind.TYPE_BOOL:
        return st.booleans()
    if kind.type == kind.TYPE_STRING:
        return st.text(st.characters(codec="utf-8"))
    if kind.type == kind.TYPE_ENUM:
        return st.sampled_from([value.number for value in kind.enum_type.values])
    if kind.type in (kind.TYPE_FLOAT, kind.TYPE_DOUBLE):
        return st.floats(width=32)
    if kind.type == kind.TYPE_BYTES:
        return st.binary()
    unsigned = kind.type in (kind.TYPE_UINT32, kind.TYPE_UINT64)
    return st.integers(0, 2**32 - 1) if unsigned else st.integers(-(2**31), 2**31 - 1)


def same(ours: Message, judged: Judged) -> int:
    """Assert that both hold the same fields with the same values; how many there were."""
    compared = 0
    assert {mine.name for mine in ours} >= {kind.name for kind, _ in judged.ListFields()}
    for kind, value in judged.ListFields():
        theirs = list(value) if kind.is_repeated else [value]
        for mine, other in zip(ours.values(kind.name), theirs, strict=True):
            if isinstance(mine, Scalar):
                assert read_as(mine, kind) == other, f"{mine.line}: {mine.raw}"
                compared += 1
            else:
                compared += same(mine, other)
    return compared


def read_as(scalar: Scalar, kind: Any) -> object:
    """Our reading of a value for a field of this kind."""
    if kind.type == kind.TYPE_BOOL:
        return scalar.boolean
    if kind.type == kind.TYPE_STRING:
        return scalar.string
    if kind.type == kind.TYPE_BYTES:
        return scalar.string.encode("utf-8", "surrogateescape")
    if kind.type == kind.TYPE_ENUM:
        named = scalar.kind == "word"
        return kind.enum_type.values_by_name[scalar.word].number if named else scalar.integer
    if kind.type in (kind.TYPE_FLOAT, kind.TYPE_DOUBLE):
        return pytest.approx(scalar.number, rel=1e-6, nan_ok=math.isnan(scalar.number))
    return scalar.integer
