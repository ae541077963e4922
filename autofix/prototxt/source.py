"""The text of a prototxt, where it comes from, and the place of each character in it."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from pathlib import Path

from autofix.errors import PrototxtError


@dataclass(frozen=True, eq=False, repr=False)
class Source:
    """A text and the file it comes from (None for a text from elsewhere)."""

    text: str
    path: Path | None = None

    @cached_property
    def _line_starts(self) -> list[int]:
        lengths = (len(line) + 1 for line in self.text.split("\n"))
        return [0, *accumulate(lengths)]

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.path or 'without a path'}>"

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column of ``offset``, both counted from 1 (columns in characters)."""
        line = bisect_right(self._line_starts, offset)
        return line, offset - self._line_starts[line - 1] + 1

    def error(self, offset: int, message: str) -> PrototxtError:
        """An error that names this file and the line and column of ``offset``."""
        return PrototxtError(message, shown(self.path) if self.path else None, *self.position(offset))


def shown(path: Path) -> Path:
    """``path`` as a user likes to read it: relative to the current folder where it lies below it."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) and path != here else path
