"""``autofix diagnose``."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, NamedTuple

import click

from autofix.cli.exits import UNPROVED, WELL
from autofix.errors import InputError

if TYPE_CHECKING:
    from rich.console import Console

    from autofix.debuginfo import Trace
    from autofix.health import Severity
    from autofix.report.diagnosis import Diagnosed


@click.command(epilog="Example:  caffe train --solver=solver.prototxt 2>&1 | tee train.log | autofix diagnose -")
@click.argument("log")
@click.option("--json", "as_json", is_flag=True, help="Print the diagnosis as JSON.")
@click.option("--follow", is_flag=True, help="Go on reading what is written to LOG until the training ends.")
@click.option("--stop-on", type=click.Choice(["error", "warning"]), help="End at the first finding of this severity.")
@click.option("--html", type=click.Path(path_type=Path, dir_okay=False), help="Write one HTML page, too.")
def diagnose(log: str, as_json: bool, follow: bool, stop_on: str | None, html: Path | None) -> int:
    """Tell what the log of a Caffe training says: what went wrong, where it began, what to do.

    LOG is a file, plain or gzip, or - for standard input. What is read from there or with --follow is judged while it
    comes, and each finding is printed at once. Exit code: 0 no error (warnings are allowed), 1 at least one error or
    ended by --stop-on, 2 unreadable input.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # NumPy's would only start threads, which takes a while
    from autofix.debuginfo import read_trace  # noqa: PLC0415 -- heavy imports wait until a command runs
    from autofix.health import Severity  # noqa: PLC0415
    from autofix.report.diagnosis import diagnose as judged  # noqa: PLC0415

    if html is not None and not html.absolute().parent.is_dir():
        raise InputError(f"{html.parent}: no such folder", "create it, or give --html another place")
    if follow or log == "-":
        seen = _watch(log, follow, Severity(stop_on) if stop_on else None, to_errors=as_json)
    elif stop_on:
        raise click.UsageError("--stop-on is for a log that is still written: add --follow, or give - as LOG")
    else:
        seen = _Seen(read_trace(log))
    found = judged(seen.trace, log, running=seen.goes_on)
    _show(found, as_json, html)
    return UNPROVED if seen.stopped or found.judged.has_error else WELL


def _show(found: Diagnosed, as_json: bool, html: Path | None) -> None:
    if html is not None:
        from autofix.report.diagnosis.page import write_page  # noqa: PLC0415

        write_page(found, html)
    if as_json:
        from autofix.report import to_json  # noqa: PLC0415

        print(to_json(found.diagnosis))
    else:
        from autofix.report.diagnosis.terminal import show_diagnosis  # noqa: PLC0415

        show_diagnosis(found, _console())


class _Seen(NamedTuple):
    """What was read of a log; whether the training goes on, and whether a finding ended the reading."""

    trace: Trace
    goes_on: bool = False
    stopped: bool = False


def _watch(log: str, follow: bool, stop_on: Severity | None, to_errors: bool) -> _Seen:
    """Read a log while it is written; each finding is shown once, and again if it has become worse."""
    from autofix.debuginfo import watch_trace  # noqa: PLC0415
    from autofix.health import Severity  # noqa: PLC0415
    from autofix.report.diagnosis import judge_run  # noqa: PLC0415
    from autofix.report.diagnosis.terminal import show_finding  # noqa: PLC0415

    console = _console(to_errors)
    order, told, seen = list(Severity), dict[tuple[int, str], Severity](), None
    try:
        with _patience(log):
            for trace in watch_trace(log, follow):
                seen, run = _Seen(trace, goes_on=True), len(trace.runs) - 1
                for finding in judge_run(trace, run, running=True).findings:
                    before = told.get((run, finding.code))
                    if before is None or order.index(finding.severity) < order.index(before):
                        show_finding(finding, console)
                        told[run, finding.code] = finding.severity
                    if stop_on is not None and order.index(finding.severity) <= order.index(stop_on):
                        return seen._replace(stopped=True)
    except KeyboardInterrupt:
        if seen is None:
            raise
        return seen
    assert seen is not None  # the last trace holds everything
    return seen._replace(goes_on=False)


@contextmanager
def _patience(log: str) -> Iterator[None]:
    """Let Ctrl-C, which a training in the same pipe gets too, end the training first: its last lines are still read."""

    def first(_signal: int, _frame: FrameType | None) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        print("autofix: reading on until the training has ended; Ctrl-C again ends this", file=sys.stderr)

    if log != "-":
        yield
        return
    before = signal.signal(signal.SIGINT, first)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _console(to_errors: bool = False) -> Console:
    from rich.console import Console  # noqa: PLC0415

    return Console(stderr=to_errors, highlight=False, emoji=False)
