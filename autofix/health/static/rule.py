"""A static rule: one thing that can be wrong with a training as written, in one file under ``rules/``."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from autofix.health.finding import Correction, Evidence, Finding, Remedy, Severity
from autofix.health.static.subject import Subject
from autofix.model import Layer
from autofix.prototxt import Edit, Field, Message, Node, shown


class Rule(ABC):
    """One rule. The class docstring's first line is what the manual says of it; its parts Sick and Well follow.

    A rule is pure: it reads a subject and yields findings; it opens no file.
    """

    code: ClassVar[str]
    title: ClassVar[str]
    severity: ClassVar[Severity] = Severity.ERROR

    @abstractmethod
    def examine(self, subject: Subject) -> Iterator[Finding]:
        """Yield what this rule sees.

        Raises:
            PrototxtError: a value is of the wrong kind.
        """

    def finding(
        self,
        at: Node | Layer,
        explanation: str,
        remedy: Remedy | str,
        *,
        layer: Layer | None = None,
        blob: str = "",
        severity: Severity | None = None,
        evidence: tuple[Evidence, ...] = (),
    ) -> Finding:
        """A finding of this rule.

        Args:
            at: the place in the file.
            remedy: advice alone, as a text, where no candidate can be made of it.
            layer: of which ``at`` is a part.
            severity: where it is not always the rule's own.
        """
        layer = at if isinstance(at, Layer) else layer
        path = at.path if isinstance(at, Layer) else at.source.path
        return Finding(
            self.code,
            self.title,
            severity or self.severity,
            " ".join(explanation.splitlines()),  # a name may hold anything
            layer=layer.name if layer is not None else "",
            blob=blob,
            evidence=evidence,
            remedy=Remedy(remedy) if isinstance(remedy, str) else remedy,
            file=str(shown(path or Path("-"))),
            line=at.line,
        )


def meant(found: Finding, at: Node, *edits: Edit) -> Finding:
    """``found`` with how ``at`` was meant; as it is where that is not known. The edits add and remove no line."""
    return replace(found, correction=Correction(at.source.path, edits)) if edits and at.source.path else found


def place(layer: Layer, *names: str) -> Field | Layer:
    """Where one of these fields is written in ``layer`` or in one of its blocks; else the layer itself."""
    blocks = [layer.inner, *(field.value for field in layer.message if isinstance(field.value, Message))]
    written = (block.get(name) for name in names for block in blocks)
    return next((field for field in written if field is not None), layer)
