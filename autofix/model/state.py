"""Which layers belong to a net's state: phase, stages and level (Net::FilterNet and StateMeetsRule)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from autofix.prototxt import Message

Phase: TypeAlias = Literal["TRAIN", "TEST"]


@dataclass(frozen=True, slots=True)
class NetState:
    """The state a net is built for."""

    phase: Phase = "TEST"
    level: int = 0
    stages: frozenset[str] = frozenset()

    def merged(self, message: Message | None) -> NetState:
        """This state with what ``message`` writes put over it, as protobuf merges: stages are added."""
        if message is None:
            return self
        return replace(
            self,
            phase=phase_of(message, self.phase),
            level=message.integer("level", self.level),
            stages=self.stages | {scalar.word for scalar in message.scalars("stage")},
        )

    def meets(self, rule: Message) -> bool:
        """Whether an ``include`` or ``exclude`` rule applies."""
        if "phase" in rule and phase_of(rule, self.phase) != self.phase:
            return False
        if self.level < rule.integer("min_level", self.level) or self.level > rule.integer("max_level", self.level):
            return False
        wanted = {scalar.word for scalar in rule.scalars("stage")}
        unwanted = {scalar.word for scalar in rule.scalars("not_stage")}
        return wanted <= self.stages and not unwanted & self.stages

    def includes(self, layer: Message) -> bool:
        """Whether a layer with these rules is part of a net in this state."""
        include = layer.messages("include")
        if include:
            return any(self.meets(rule) for rule in include)
        return not any(self.meets(rule) for rule in layer.messages("exclude"))


def phase_of(message: Message, default: Phase) -> Phase:
    """The ``phase`` a block writes, as a word or as a number (TRAIN is 0)."""
    scalar = message.scalar("phase")
    if scalar is None:
        return default
    phases: dict[str, Phase] = {"TRAIN": "TRAIN", "TEST": "TEST", "0": "TRAIN", "1": "TEST"}
    phase = phases.get(scalar.raw)
    if phase is None:
        raise scalar.error(f"a phase is TRAIN or TEST, not {scalar.brief}")
    return phase
