"""Trainings that came to their end in a trial that did not: a later run of the study need not run them again.

A search that is resumed asks for the same trainings in the same order, since all that it decides follows from the
trials that ended. So whatever ended is kept until its trial has: the verdict in the study, and the log, which tells the
rest, where it is. What a training depends on is its key, and nothing else brings it back.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from autofix.health import Decision
from autofix.search.folder import LOG, run_name
from autofix.search.trial import Trial

BLOCK = 1 << 20  # bytes
RATES = "-rates"  # ends the name of a range test, which comes before its trial


@dataclass(frozen=True)
class Kept:
    """One training that came to its end.

    Args:
        name: of its folder.
        key: tells everything that it depends on.
        rows: the iterations that the decision is about; None for the whole log.
        seconds: of Caffe.
        log: SHA-256 of its log; empty until it is kept.
    """

    name: str
    key: str
    decision: Decision
    rows: int | None
    seconds: float
    log: str = ""


Save = Callable[[tuple[Kept, ...]], None]


class Ledger:
    """Keeps the trainings that ended since the last trial did. May be shared by threads.

    Args:
        save: is handed all that is kept whenever that changes.
        kept: by an earlier run.
    """

    def __init__(self, save: Save = lambda _kept: None, kept: Iterable[Kept] = ()) -> None:
        self._save = save
        self._kept = {each.name: each for each in kept}
        self._lock = threading.Lock()

    @property
    def names(self) -> frozenset[str]:
        """The folders of all that is kept."""
        return frozenset(self._kept)

    def keep(self, ended: Kept, folder: Path) -> None:
        """Keep a training whose log is written, in its folder, in place of one like it that lost its own."""
        log = _digest(folder / LOG)
        with self._lock:
            self._kept = {name: each for name, each in self._kept.items() if each.key != ended.key}
            self._kept[ended.name] = replace(ended, log=log)
            self._save(tuple(self._kept.values()))

    def take(self, key: str, folder: Path) -> Kept | None:
        """The training of that key, its log in ``folder`` from now on; None where it has to be run."""
        with self._lock:
            found = next((each for each in self._kept.values() if each.key == key), None)
            if found is None or not _moved(found, folder):
                return None
            del self._kept[found.name]
            self._kept[folder.name] = replace(found, name=folder.name)
            self._save(tuple(self._kept.values()))
            return self._kept[folder.name]

    def settle(self, trial: Trial) -> None:
        """A trial has ended: its study knows of its trainings, and of the range tests that led to it."""
        own, led = run_name(trial.number), bool(trial.range_tests)
        with self._lock:
            names = [name for name in self._kept if (led if name.endswith(RATES) else name.partition("-")[0] == own)]
            for name in names:
                del self._kept[name]
            if names:
                self._save(tuple(self._kept.values()))


def key(parts: Iterable[str]) -> str:
    """Return what tells a training by all that it depends on."""
    return hashlib.sha256("\0".join(parts).encode(errors="surrogateescape")).hexdigest()


def _moved(found: Kept, folder: Path) -> bool:
    """Whether its log is still what it was, and lies in ``folder`` now."""
    before = folder.with_name(found.name)
    try:
        if _digest(before / LOG) != found.log:
            return False
        if before != folder:
            before.rename(folder)
    except OSError:
        return False
    return True


def _digest(log: Path) -> str:
    digest = hashlib.sha256()
    with log.open("rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()
