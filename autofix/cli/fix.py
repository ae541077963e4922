"""``autofix fix``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from autofix.cli.exits import VERDICTS
from autofix.cli.interrupt import interruptible
from autofix.errors import CaffeError, InputError, PrototxtError

if TYPE_CHECKING:
    from autofix.report import Report

PATH = click.Path(path_type=Path)


@click.command(epilog="Example:  autofix fix solver.prototxt --budget 20 --timeout 600")
@click.argument("solver", type=PATH)
@click.option(
    "--budget",
    type=click.IntRange(1),
    default=20,
    show_default=True,
    metavar="N",
    help="Trials, the one as written included.",
)
@click.option(
    "--out", type=PATH, metavar="DIR", show_default="<solver stem>.autofix beside the solver", help="Output folder."
)
@click.option("--deploy", type=PATH, metavar="NET", help="The net for use after training, to scale its input as well.")
@click.option(
    "--caffe",
    type=PATH,
    show_default="CAFFE_ROOT, PATH, pycaffe, what install-caffe built",
    help="A caffe executable, a folder with a build, or a Python with pycaffe.",
)
@click.option("--device", default="auto", show_default=True, metavar="auto|cpu|gpu|gpu:0,1", help="Where probes run.")
@click.option(
    "--jobs", type=click.IntRange(1), default=1, show_default=True, metavar="N", help="Trainings that run at once."
)
@click.option(
    "--weights",
    type=PATH,
    metavar="FILE",
    help="Weights to start from, as with `caffe train`; several with commas between.",
)
@click.option("--snapshot", type=PATH, metavar="FILE", help="A .solverstate to resume from, as with `caffe train`.")
@click.option(
    "--probe-iters",
    type=click.IntRange(10),
    metavar="N",
    show_default="300, more where they are quick",
    help="Iterations at which an undecided probe ends.",
)
@click.option(
    "--timeout",
    type=click.FloatRange(0, min_open=True),
    metavar="SECONDS",
    help="Time for everything, the proof included.",
)
@click.option("--storage", metavar="URL", show_default="study.db in the output folder", help="An Optuna storage.")
@click.option(
    "--study-name", default="autofix", show_default=True, metavar="NAME", help="The study's name in the storage."
)
@click.option("--resume", is_flag=True, help="Go on with a study that was interrupted, or with a larger --budget.")
@click.option(
    "--seed",
    type=click.IntRange(0),
    metavar="N",
    show_default="the solver's, else 1",
    help="Feeds Caffe and the sampler.",
)
@click.option("--json", "as_json", is_flag=True, help="Print report.json to standard output.")
@click.option("--quiet", is_flag=True, help="No progress.")
def fix(solver: Path, as_json: bool, quiet: bool, **wishes: Any) -> int:
    """Find what breaks the training of SOLVER, and write the first configuration that is proved stable.

    Your files are never changed: the patched prototxts, the diff, the report and the Optuna study go to the output
    folder. Exit code: 0 fixed or nothing to fix, 1 nothing proved within the budget, 2 wrong use or unreadable input,
    3 Caffe is missing or cannot run this training, 130 interrupted.
    """
    with interruptible() as cancel:
        from rich.console import Console  # noqa: PLC0415 -- heavy imports wait until a command runs

        from autofix import api  # noqa: PLC0415
        from autofix.cli.progress import Progress  # noqa: PLC0415
        from autofix.report import show, to_json  # noqa: PLC0415

        given = {name: wish for name, wish in wishes.items() if wish is not None}
        try:
            with Progress(wishes["budget"], quiet) as progress:
                outcome, report = api.run(solver, listen=progress, cancel=cancel, **given)
        except PrototxtError as error:
            if _is_log(solver):
                hint = f"autofix diagnose {solver} tells what it says"
                raise InputError(f"{solver}: the log of a training, not a solver", hint) from error
            raise
        except api.NotStartedError as error:
            if as_json:
                print(to_json(error.report))
            raise
    if as_json:
        print(to_json(report))
    if report.verdict == "failed":
        raise CaffeError(report.why, "\n  ".join([report.hint, *_besides(report)]))
    if not as_json:
        show(outcome, report, Console(highlight=False))
    return VERDICTS[report.verdict]


def _besides(report: Report) -> Iterator[str]:
    """What else is wrong with the files that Caffe refused."""
    for finding in report.lint:
        what = f"{finding.file}:{finding.line}: {finding.explanation}"
        if what != report.why:
            yield f"also {what}" + (f" ({finding.remedy.advice})" if finding.remedy is not None else "")


def _is_log(path: Path) -> bool:
    """Whether a file starts as glog's lines do, such as ``I1126 04:02:07.711325 20112 net.cpp:200]``."""
    try:
        with path.open("rb") as file:
            head = file.read(4096)
    except OSError:
        return False
    return re.search(rb"^[IWEF](\d{4}|\d{8}) \d\d:\d\d:\d\d\.\d+ ", head, re.MULTILINE) is not None
