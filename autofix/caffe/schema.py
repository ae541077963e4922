"""The binary messages of Caffe that Autofix reads, declared here so that no Caffe and no protoc is needed.

Only the fields in use are declared; protobuf keeps the others aside as unknown fields. The messages live in a
descriptor pool of their own and so never meet those of a pycaffe in the same process.
"""

from __future__ import annotations

from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

__all__ = ["BlobProto", "BlobShape", "Datum", "DatumHead"]

_Field = descriptor_pb2.FieldDescriptorProto

# Message -> its fields as "[repeated|packed] TYPE NAME NUMBER"; names, numbers as in Caffe 1.0's caffe.proto.
_MESSAGES: dict[str, tuple[str, ...]] = {
    "Datum": (
        "int32 channels 1",
        "int32 height 2",
        "int32 width 3",
        "bytes data 4",
        "int32 label 5",
        "repeated float float_data 6",
        "bool encoded 7",
    ),
    "DatumHead": (  # a Datum whose float_data, which may be millions of values, is left aside
        "int32 channels 1",
        "int32 height 2",
        "int32 width 3",
        "bytes data 4",
        "int32 label 5",
        "bool encoded 7",
    ),
    "BlobShape": ("packed int64 dim 1",),
    "BlobProto": (
        "int32 num 1",
        "int32 channels 2",
        "int32 height 3",
        "int32 width 4",
        "packed float data 5",
        "packed float diff 6",
        "BlobShape shape 7",
        "packed double double_data 8",
        "packed double double_diff 9",
    ),
}


def _declare(message: descriptor_pb2.DescriptorProto, declaration: str) -> None:
    *label, kind, name, number = declaration.split()
    field = message.field.add(name=name, number=int(number))
    field.label = _Field.LABEL_REPEATED if label else _Field.LABEL_OPTIONAL
    if label == ["packed"]:
        field.options.packed = True
    if kind in _MESSAGES:
        field.type, field.type_name = _Field.TYPE_MESSAGE, f".caffe.{kind}"
    else:
        field.type = _Field.Type.Value(f"TYPE_{kind.upper()}")


def _build() -> dict[str, Any]:
    file = descriptor_pb2.FileDescriptorProto(name="autofix/caffe.proto", package="caffe", syntax="proto2")
    for name, declarations in _MESSAGES.items():
        message = file.message_type.add(name=name)
        for declaration in declarations:
            _declare(message, declaration)
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(file.SerializeToString())
    found = {name: pool.FindMessageTypeByName(f"caffe.{name}") for name in _MESSAGES}
    return {name: message_factory.GetMessageClass(descriptor) for name, descriptor in found.items()}


# Any: the classes are made at import time, so a type checker cannot know their fields.
_CLASSES: dict[str, Any] = _build()
Datum: Any = _CLASSES["Datum"]
DatumHead: Any = _CLASSES["DatumHead"]
BlobShape: Any = _CLASSES["BlobShape"]
BlobProto: Any = _CLASSES["BlobProto"]
