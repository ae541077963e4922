"""Sentences on a terminal of any width, without blanks at the ends of lines."""

from __future__ import annotations

from textwrap import wrap

from rich.console import Console, RenderableType

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


def show_trimmed(what: RenderableType, console: Console) -> None:
    """Print a table or a paragraph; where no terminal is, without the blanks that rich leaves at the ends of lines."""
    if console.is_terminal:
        console.print(what)
        return
    with console.capture() as captured:
        console.print(what)
    for line in captured.get().splitlines():
        console.print(line.rstrip(), markup=False, highlight=False, emoji=False, soft_wrap=True)
