"""The difference between two documents, as people review it."""

from __future__ import annotations

from difflib import unified_diff

from autofix.prototxt.nodes import Document


def diff(
    before: Document, after: Document, before_name: str = "", after_name: str = "", context: int = 3
) -> str:
    """A unified diff that ``patch`` and ``git apply`` take; empty if the texts are the same.

    The names default to the documents' paths. Lines end at a line feed only, as for those tools.
    """
    names = (before_name or str(before.path or "before"), after_name or str(after.path or "after"))
    lines = unified_diff(_lines(before.text), _lines(after.text), *names, n=context)
    marked = (line if line.endswith("\n") else line + "\n\\ No newline at end of file\n" for line in lines)
    return "".join(marked)


def _lines(text: str) -> list[str]:
    lines = text.split("\n")
    return (
        [line + "\n" for line in lines[:-1]] + lines[-1:]
        if lines[-1]
        else [line + "\n" for line in lines[:-1]]
    )
