"""The exit codes of ``autofix fix``, which scripts rely on."""

from __future__ import annotations

from autofix.search import Result

INTERRUPTED = 130

EXITS = {
    Result.FIXED: 0,
    Result.ALREADY_STABLE: 0,
    Result.PROVISIONAL: 1,
    Result.NOT_FIXED: 1,
    Result.FAILED: 3,
    Result.INTERRUPTED: INTERRUPTED,
}
