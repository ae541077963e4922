"""What the lines before the first iteration tell of the solver and its train net."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from autofix.debuginfo.events import Event, Finetuned, NetText, Sharing, TopShape, Wired


@dataclass(slots=True)
class Setup:
    """Facts of the run that is being read; see ``Trace`` for what they are."""

    solver_text: str = ""
    net_text: str = ""
    shapes: dict[tuple[str, str], tuple[int, ...]] = field(default_factory=dict)
    sharing: list[Sharing] = field(default_factory=list)
    finetuned_from: list[str] = field(default_factory=list)
    _bottoms: dict[str, list[str]] = field(default_factory=dict)

    def add(self, event: Event) -> None:
        """Take an event of the setup; others, and those of test nets, tell nothing here."""
        if isinstance(event, NetText) and event.phase == "train":
            self.net_text = self.net_text or event.text  # the next are the insides of recurrent layers
        elif isinstance(event, TopShape) and event.phase == "train":
            self.shapes[event.layer, event.blob] = event.shape
        elif isinstance(event, Wired) and event.phase == "train" and not event.is_top:
            blobs = self._bottoms.setdefault(event.layer, [])
            if event.blob not in blobs:
                blobs.append(event.blob)
        elif isinstance(event, Sharing):
            self.sharing.append(event)
        elif isinstance(event, Finetuned):
            self.finetuned_from.append(event.path)

    @property
    def bottoms(self) -> Mapping[str, tuple[str, ...]]:
        """Layer to its input blobs."""
        return {layer: tuple(blobs) for layer, blobs in self._bottoms.items()}
