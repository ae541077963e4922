"""Edits are data: a span, the text that takes its place, and why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from autofix.errors import PrototxtError
from autofix.prototxt.nodes import Document
from autofix.prototxt.parser import parse


@dataclass(frozen=True, order=True, slots=True)
class Edit:
    """Put ``text`` in place of the characters from ``start`` to ``end`` (exclusive), because of ``why``."""

    start: int
    end: int
    text: str
    why: str


class EditConflictError(PrototxtError):
    """Two edits want to change the same characters."""


def apply(document: Document, edits: Iterable[Edit]) -> Document:
    """A new document with ``edits`` made and every other character untouched.

    Insertions at one place are made in the order given.

    Raises:
        EditConflictError: two edits overlap; the message names both.
        PrototxtError: the result is no longer in the text format.
    """
    parts, last = [], Edit(0, 0, "", "the start of the file")
    for edit in sorted(edits, key=lambda edit: (edit.start, edit.end)):
        if edit.start < last.end:
            line, column = document.source.position(edit.start)
            message = f"two edits overlap: '{last.why}' and '{edit.why}'"
            raise EditConflictError(message, document.path, line, column)
        parts += [document.text[last.end : edit.start], edit.text]
        last = edit
    return parse("".join([*parts, document.text[last.end :]]), document.path)
