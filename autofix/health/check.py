"""A check: one rule over a trace, in one file under ``checks/``, found by looking there."""

from __future__ import annotations

import importlib
import pkgutil
from abc import ABC, abstractmethod
from collections.abc import Iterator
from functools import cache
from typing import ClassVar

from autofix.health.finding import Evidence, Finding, Remedy, Severity
from autofix.health.view import View


class Check(ABC):
    """One rule. The class docstring's first line is what the manual says of it.

    A check is pure: it reads a view and yields findings; it touches no file, clock or terminal.
    """

    code: ClassVar[str]
    title: ClassVar[str]
    severity: ClassVar[Severity] = Severity.ERROR

    @abstractmethod
    def examine(self, view: View) -> Iterator[Finding]:
        """Yield what this rule sees in ``view``, which has at least one row."""

    def finding(
        self,
        explanation: str,
        *,
        layer: str = "",
        blob: str = "",
        iteration: int | None = None,
        evidence: tuple[Evidence, ...] = (),
        remedy: Remedy | None = None,
    ) -> Finding:
        """A finding of this check."""
        return Finding(self.code, self.title, self.severity, explanation, layer, blob, iteration, evidence, remedy)


@cache
def all_checks() -> tuple[Check, ...]:
    """Return one of each check under ``checks/``, in the order of their codes."""
    from autofix.health import checks  # noqa: PLC0415 -- the checks import this module

    for module in pkgutil.iter_modules(checks.__path__):
        importlib.import_module(f"{checks.__name__}.{module.name}")
    return tuple(sorted((kind() for kind in Check.__subclasses__()), key=lambda check: check.code))


def examine(view: View, strict: bool = False) -> tuple[Finding, ...]:
    """Return what all checks see; one that breaks becomes a finding that names it, and the rest go on.

    Args:
        strict: let its error through instead.
    """
    if not len(view):
        return ()
    found: list[Finding] = []
    for check in all_checks():
        try:
            found += check.examine(view)
        except Exception as error:
            if strict:
                raise
            found.append(_crashed(check, error))
    return tuple(found)


def _crashed(check: Check, error: Exception) -> Finding:
    return Finding(
        code=check.code,
        title=f"the check {check.code} itself broke",
        severity=Severity.INFO,
        explanation=f"{type(error).__name__}: {error}. This is a bug in Autofix; the other checks went on.",
    )
