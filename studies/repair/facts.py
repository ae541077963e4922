"""The results by case and method, with what is to be said of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from studies.corpus import Case, select
from studies.repair.plan import mendable
from studies.repair.work import ORIGINAL, OURS, WRITTEN
from studies.truth.records import Record
from studies.truth.rule import STABLE


@dataclass(frozen=True)
class Repair:
    """What one method made of one case.

    Args:
        repaired: it says that it has a fix.
        trials: after the baseline, until the fix; None without one.
        iterations: until then, the baseline's included.
        used: trials in all.
        cost: Caffe's processor time for everything, as a share of one whole training of the unbroken original.
        changes: edits of the patch.
        labels: of plain trainings of the fix with unseen seeds.
        quality: its mean skill as a share of the original's; None where one of them is not known, or not above 0.
        margin: whether the fix survived twice its base_lr; None if that was not measured.
    """

    case: str
    kind: str
    result: str
    why: str
    repaired: bool
    trials: int
    iterations: int
    used: int
    cost: float | None
    changes: int
    labels: tuple[str, ...]
    quality: float | None
    margin: bool | None
    knobs: str


class Results:
    """All lines, by case and method; of several seeds of a search the first counts."""

    def __init__(self, lines: Sequence[Record]) -> None:
        self._lines: dict[tuple[str, str], Record] = {}
        for line in sorted(lines, key=lambda line: line["seed"]):
            self._lines.setdefault((line["case"], line["method"]), line)
        self._cases = {case.id: case for case in select()}

    def broken(self, case: Case) -> bool:
        """Whether plain Caffe fails on it as written, with any of the seeds, and a setting may mend it."""
        written = self._lines.get((case.id, WRITTEN))
        return written is not None and not self._is_sound(written) and mendable(case)

    def of(self, method: str) -> list[Repair]:
        """What a method made of every broken case it was tried on."""
        cases = [self._cases[case] for case, way in self._lines if way == method and case in self._cases]
        return [self.repair(method, case) for case in cases if self.broken(case)]

    def shared(self, methods: Sequence[str]) -> list[Case]:
        """The broken cases that all these methods were tried on."""
        mine = [case for case in self._cases.values() if all((case.id, way) in self._lines for way in methods)]
        return [case for case in mine if self.broken(case)]

    def sound(self) -> list[Repair]:
        """What Autofix made of trainings that are well as they are."""
        return [self.repair(OURS, case) for case in self._tried() if self._is_sound(self._lines[case.id, WRITTEN])]

    def left_alone(self) -> list[Repair]:
        return [one for one in self.sound() if one.result == "already-stable"]

    def hopeless(self) -> list[Repair]:
        """What it made of data that no setting can mend, where plain Caffe fails on it."""
        mine = [case for case in self._tried() if not mendable(case)]
        return [self.repair(OURS, case) for case in mine if not self._is_sound(self._lines[case.id, WRITTEN])]

    def told(self) -> list[Repair]:
        return [one for one in self.hopeless() if one.used <= 1 and one.result in ("not-fixed", "failed", "refused")]

    def stable(self) -> list[Repair]:
        """Whatever Autofix calls stable, repaired or as written, with what plain Caffe says of it."""
        return [self.repair(OURS, case) for case in self._tried()]

    def repair(self, method: str, case: Case) -> Repair:
        line = self._lines[case.id, method]
        result = line["result"]
        proof = line.get("proof") or (self._lines[case.id, WRITTEN]["proof"] if result == "already-stable" else {})
        trials, iterations = line.get("trials_to_fix"), line.get("iterations_to_fix")
        margin = line.get("margin")
        return Repair(
            case=case.id,
            kind=case.kind,
            result=result,
            why=line.get("why", ""),
            repaired=result in ("fixed", "already-stable"),
            trials=trials or 0,
            iterations=iterations or 0,
            used=line.get("trials", 0),
            cost=self._cost(line, case),
            changes=line.get("lines", 0),
            labels=tuple(proof.get("labels", ())),
            quality=self._quality(proof, case),
            margin=None if margin is None else margin not in ("diverged", "exploding", "dead", "failed"),
            knobs=", ".join(f"{knob} {value:g}" for knob, value in line.get("knobs", {}).items()),
        )

    def _tried(self) -> list[Case]:
        both = [case for case, way in self._lines if way == OURS and (case, WRITTEN) in self._lines]
        return [self._cases[case] for case in both if case in self._cases]

    def _original(self, case: Case) -> Record | None:
        """Plain trainings of the case without its faults."""
        found = self._lines.get((case.original.id, ORIGINAL)) or self._lines.get((case.original.id, WRITTEN))
        return found["proof"] if found else None

    def _cost(self, line: Record, case: Case) -> float | None:
        original = self._original(case)
        if original is None or "caffe_cpu" not in line:
            return None
        return float(line["caffe_cpu"] / np.mean(original["seconds"]))

    def _quality(self, proof: Record, case: Case) -> float | None:
        original = self._original(case)
        if not proof or original is None:
            return None
        mine, theirs = ([skill if skill is not None else 0.0 for skill in each["skills"]] for each in (proof, original))
        return float(np.mean(mine) / np.mean(theirs)) if np.mean(theirs) > 0 else None

    @staticmethod
    def _is_sound(written: Record) -> bool:
        return all(label == STABLE for label in written["proof"]["labels"])
