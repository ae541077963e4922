"""Autofix from Python: what the command line does, with frozen values in place of text."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from autofix.debuginfo import read_trace
from autofix.errors import CaffeError, InputError
from autofix.model import Training, given_files, load
from autofix.report import Dashboard, Report, not_started, report, write_pages, write_report
from autofix.report.diagnosis import Diagnosis
from autofix.report.diagnosis import diagnose as diagnose_trace
from autofix.report.inspection import Inspection
from autofix.report.inspection import inspect as inspect_files
from autofix.search import Event, Outcome, Settings, check_folder, mend, storage_errors

__all__ = ["Diagnosis", "Inspection", "NotStartedError", "Report", "diagnose", "fix", "inspect", "run"]


def fix(
    solver: str | Path, budget: int = 20, *, listen: Callable[[Event], None] | None = None, **wishes: Any
) -> Report:
    """Repair the training that ``solver`` describes, and write the output folder; return what report.json holds.

    Args:
        budget: trials, the one as written included.
        listen: is handed every event of the search; none are shown if None.
        wishes: ``deploy``, a net for use after training that needs the same input scale; and any other field of
            `autofix.search.Settings`.

    Raises:
        InputError: something given cannot be read or makes no sense.
        CaffeError: no Caffe was found, or the data set is missing. A training that Caffe starts and cannot run is no
            exception but the verdict "failed".
    """
    return run(Path(solver), budget=budget, listen=listen or _ignore, **wishes)[1]


def diagnose(log: str | Path) -> Diagnosis:
    """Return what the log of a training tells: the fields of ``autofix diagnose --json``.

    Args:
        log: plain or gzip; "-" is standard input.

    Raises:
        InputError: it cannot be read, or nothing in it comes from Caffe.
    """
    return diagnose_trace(read_trace(log), str(log)).diagnosis


def inspect(*files: str | Path, net: str | Path | None = None, records: int | None = None) -> Inspection:
    """Return what snapshots and data sets hold, and what is wrong with them: the fields of ``autofix inspect --json``.

    Args:
        net: a net or a solver, to see whether labels and weights fit it.
        records: of a data set to look at, spread evenly; None for all.

    Raises:
        InputError: ``net`` cannot be read. Files that cannot be are listed in what is returned.
    """
    return inspect_files(files, net, records)


class NotStartedError(CaffeError):
    """No training was run, for want of a Caffe or of data; ``report`` is what there is to say all the same."""

    def __init__(self, error: CaffeError, report: Report) -> None:
        super().__init__(str(error), error.hint)
        self.report = report


def run(
    solver: Path,
    *,
    listen: Callable[[Event], None],
    cancel: threading.Event | None = None,
    out: Path | None = None,
    deploy: str | Path | None = None,
    **wishes: Any,
) -> tuple[Outcome, Report]:
    """As `fix`, with the outcome that the report was gathered from; setting ``cancel`` interrupts the search.

    Raises:
        NotStartedError: in place of every CaffeError.
    """
    training = load(Path(os.path.normpath(Path.cwd() / solver)), deploy=Path(deploy) if deploy else None)
    wishes |= _starting_point(training, wishes.get("weights"), wishes.get("snapshot"))
    if wishes.get("caffe"):
        wishes["caffe"] = Path(wishes["caffe"])
    if wishes.get("seed") is None:
        wishes["seed"] = max(training.solver.random_seed, 1)
    chosen = Path(out) if out is not None else training.solver.path.with_name(f"{solver.stem}.autofix")
    settings = Settings(out=chosen.absolute(), **wishes)
    check_folder(settings, *training.documents)
    dashboard = Dashboard(training, settings, listen)
    with storage_errors(settings):
        try:
            outcome = mend(training, settings, listen, dashboard.adorn, cancel)
        except CaffeError as error:
            raise NotStartedError(error, not_started(training, settings, error)) from error
        found = report(outcome)
        write_report(outcome, found)
        dashboard.finish(write_pages(outcome, found))
    return outcome, found


def _starting_point(training: Training, weights: Path | None, snapshot: Path | None) -> dict[str, Path | None]:
    """The files to start from, absolute; of weights, as in ``caffe train``, several may stand with commas between."""
    if weights and snapshot:
        raise InputError("--weights and --snapshot: only one of them", "a snapshot has its own weights")
    several = given_files(training, "weights", str(weights)) if weights else ()
    return {
        "weights": Path(",".join(map(str, several))) if several else None,
        "snapshot": given_files(training, "snapshot", str(snapshot))[0] if snapshot else None,
    }


def _ignore(_event: Event) -> None:
    pass
