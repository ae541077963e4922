"""What the tool knows of a case before Caffe starts: from the data sets, as its search reads them."""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autofix.health import Facts
from autofix.model import load
from autofix.search.audit import audit_data
from studies.corpus import Case, materialise
from studies.corpus.materialise import CACHE


@dataclass(frozen=True)
class Known:
    """The constant answer, and problems of the data that no search can mend."""

    facts: Facts
    problems: tuple[str, ...] = ()


class Knowledge:
    """What is known of each case, kept beside the probes since reading data sets takes a while."""

    def __init__(self, folder: Path, cache: Path = CACHE) -> None:
        self._path, self._cache = folder / "facts.json", cache
        self._kept: dict[str, Any] = json.loads(self._path.read_text()) if self._path.exists() else {}

    def of(self, case: Case) -> Known:
        if case.id not in self._kept:
            known = self._audit(case)
            self._kept[case.id] = [known.facts.constant, known.facts.constant_source, known.problems]
        constant, source, problems = self._kept[case.id]
        return Known(Facts(constant, source), tuple(problems))

    def _audit(self, case: Case) -> Known:
        with tempfile.TemporaryDirectory(prefix="facts-") as name:
            materialise(case, Path(name), self._cache)
            audit = audit_data(load(Path(name) / "solver.prototxt"))
        return Known(audit.facts, tuple(problem.replace(f"{name}/", "") for problem in audit.problems))

    def save(self) -> None:
        self._path.write_text(json.dumps(self._kept, indent=0))
