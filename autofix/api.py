"""Autofix from Python: what the command line does, with frozen values in place of text."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from autofix.errors import InputError
from autofix.model import load
from autofix.report import Report, report, write_report
from autofix.report.folder import prepare
from autofix.search import Event, Note, Outcome, Settings, mend

__all__ = ["Report", "fix", "run"]


def fix(
    solver: str | Path, budget: int = 20, *, listen: Callable[[Event], None] | None = None, **wishes: Any
) -> Report:
    """Repair the training that ``solver`` describes, and write the output folder; return what report.json holds.

    Args:
        budget: trials, the one as written included.
        listen: is handed every event of the search; none are shown if None.
        wishes: any other field of `autofix.search.Settings`.

    Raises:
        InputError: something given cannot be read or makes no sense.
        CaffeError: no Caffe was found, or it cannot run this training.
    """
    return run(Path(solver), budget=budget, listen=listen or _ignore, **wishes)[1]


def run(
    solver: Path, *, listen: Callable[[Event], None], out: Path | None = None, **wishes: Any
) -> tuple[Outcome, Report]:
    """As `fix`, with the outcome that the report was gathered from."""
    training = load(solver)
    if wishes.get("seed") is None:
        wishes["seed"] = max(training.solver.random_seed, 1)
    settings = Settings(out=_out(training.solver.path, out), **wishes)
    for name in ("weights", "snapshot"):
        path = getattr(settings, name)
        if path is not None and not training.resolve(str(path)).is_file():
            raise InputError(f"--{name} {path}: no such file in {training.folder}")
    if moved := prepare(settings):
        listen(Note(f"an earlier result was moved to {moved}"))
    outcome = mend(training, settings, listen)
    found = report(outcome)
    write_report(outcome, found)
    return outcome, found


def _out(solver: Path, out: Path | None) -> Path:
    chosen = (Path(out) if out is not None else solver.with_name(f"{solver.stem}.autofix")).absolute()
    if chosen.resolve() == solver.parent.resolve():
        raise InputError(
            f"--out {chosen}: the solver's own folder", "name another one: files of the same name go there"
        )
    return chosen


def _ignore(_event: Event) -> None:
    pass
