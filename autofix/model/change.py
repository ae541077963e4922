"""A change: an edit, told in the words of the net."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from autofix.model.layer import Layer
from autofix.prototxt import Content, Edit, Field, Message, Plain, Scalar, format_number, insert, replace
from autofix.prototxt.style import plain_text


@dataclass(frozen=True, slots=True)
class Change:
    """One edit of a patch.

    Attributes:
        file: the user's file.
        line: the line that is changed, or behind which a line comes in; counted from 1.
        field: what is changed, like ``layer[conv1].convolution_param.weight_filler.std``.
        before: the value as written, empty where there was none.
        after: the new value, as written.
    """

    file: Path
    line: int
    field: str
    before: str
    after: str
    edit: Edit

    @property
    def why(self) -> str:
        """The reason."""
        return self.edit.why


def label(layer: Layer, *names: str) -> str:
    """A layer's field in words: ``layer[conv1].convolution_param.num_output``."""
    return ".".join([f"layer[{layer.name}]", *filter(None, names)])


def replaced(file: Path, field: str, old: Scalar, new: Plain, why: str) -> Change:
    """A new value in the place of an old one."""
    edit = replace(old, new, why)
    return Change(file, old.line, field, old.raw, edit.text, edit)


def inserted(
    file: Path,
    field: str,
    message: Message,
    fields: Sequence[tuple[str, Content]],
    why: str,
    after: Field | None = None,
) -> Change:
    """New fields in a block."""
    edit = insert(message, fields, why, after)
    line = message.source.position(edit.start)[0]
    text = " ".join(_words(*pair) for pair in fields)
    plain = len(fields) == 1 and field.endswith(fields[0][0])
    return Change(file, line, field, "", text.removeprefix(f"{fields[0][0]}: ") if plain else text, edit)


def written(file: Path, field: str, message: Message, name: str, value: Plain, why: str) -> list[Change]:
    """``name: value`` in ``message``, in the place of the old value or as a new field; nothing if it says so."""
    old = message.scalar(name)
    if old is None:
        return [inserted(file, field, message, [(name, value)], why)]
    change = replaced(file, field, old, value, why)
    same = change.after == (format_number(old.number) if old.kind == "number" else old.raw)
    return [] if same else [change]


def _words(name: str, value: Content) -> str:
    if isinstance(value, (str, float, int)):
        return f"{name}: {plain_text(value)}"
    return f"{name} {{ {' '.join(_words(*pair) for pair in value)} }}"
