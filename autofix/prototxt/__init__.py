"""Lossless prototxt: documents whose nodes are spans into the text, edits with a reason, diffs.

Knows the text format of protobuf and nothing of what Caffe makes of it.
"""

from autofix.prototxt.compose import insert, remove, rename, replace
from autofix.prototxt.difference import diff
from autofix.prototxt.edits import Edit, EditConflictError, apply
from autofix.prototxt.files import read, write
from autofix.prototxt.nodes import Document, Field, ListValue, Message, Node, Scalar
from autofix.prototxt.parser import parse
from autofix.prototxt.scalars import format_number
from autofix.prototxt.source import Source, shown
from autofix.prototxt.style import Content, Plain, Verbatim

__all__ = [
    "Content",
    "Document",
    "Edit",
    "EditConflictError",
    "Field",
    "ListValue",
    "Message",
    "Node",
    "Plain",
    "Scalar",
    "Source",
    "Verbatim",
    "apply",
    "diff",
    "format_number",
    "insert",
    "parse",
    "read",
    "remove",
    "rename",
    "replace",
    "shown",
    "write",
]
