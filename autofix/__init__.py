"""Autofix repairs Caffe trainings that go NaN or do not learn, and proves the repair on real Caffe."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from autofix.api import diagnose, fix, inspect

__all__ = ["diagnose", "fix", "inspect"]


def __getattr__(name: str) -> Any:
    """Import the API when it is first asked for, so that ``autofix --help`` stays quick."""
    if name in __all__:
        from autofix import api  # noqa: PLC0415

        return getattr(api, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
