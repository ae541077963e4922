"""Sentences on a terminal of any width, without blanks at the ends of lines."""

from __future__ import annotations

from textwrap import wrap

from rich.console import Console

LEAST = 20  # columns


def say(text: str, console: Console, indent: int = 2, hanging: int = 0, style: str | None = None) -> None:
    """Print ``text`` as it is, wrapped between words only.

    Args:
        indent: blanks before each line; ``hanging`` more from the second on.
    """
    lines = wrap(
        text,
        max(console.width, LEAST),
        initial_indent=" " * indent,
        subsequent_indent=" " * (indent + hanging),
        break_long_words=False,
        break_on_hyphens=False,
    )
    for line in lines:
        console.print(line, style=style, markup=False, soft_wrap=True)
