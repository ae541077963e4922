"""The errors a user can meet. Each is one clear line, a hint on how to get on, and an exit code."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar


class AutofixError(Exception):
    """Root of everything Autofix raises on purpose.

    Args:
        message: one line that says what is wrong and where.
        hint: what the user can do about it; may be empty.
    """

    exit_code: ClassVar[int] = 2

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class InputError(AutofixError):
    """Something the user gave cannot be read or makes no sense (exit code 2)."""


class PrototxtError(InputError, ValueError):
    """A text that is not in protobuf's text format, or an edit that would break it.

    Args:
        path: the file, or None for a text that came from elsewhere.
        line: 1-based.
        column: 1-based, counted in characters.
    """

    def __init__(self, message: str, path: Path | None = None, line: int = 0, column: int = 0) -> None:
        self.path, self.line, self.column = path, line, column
        where = ":".join(str(part) for part in (path, line, column) if part)
        super().__init__(f"{where}: {message}" if where else message)


class CaffeError(AutofixError):
    """Caffe is missing, or cannot run this training (exit code 3)."""

    exit_code: ClassVar[int] = 3
