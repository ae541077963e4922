"""``autofix lint``."""

from __future__ import annotations

from pathlib import Path

import click

from autofix.cli.exits import UNPROVED, WELL


@click.command(epilog="Example:  autofix lint solver.prototxt")
@click.argument("solver", type=click.Path(path_type=Path))
@click.option("--weights", metavar="FILE", help="Weights that the training starts from, as with `caffe train`.")
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
def lint(solver: Path, weights: str | None, as_json: bool) -> int:
    """Tell what is wrong with the training of SOLVER by its prototxts and data alone, without Caffe.

    One line for each finding, as compilers print them, and below it what to do. Exit code: 0 no error (warnings and
    infos are allowed), 1 at least one error, 2 unreadable input.
    """
    from rich.console import Console  # noqa: PLC0415 -- heavy imports wait until a command runs

    from autofix.health import Severity, static  # noqa: PLC0415
    from autofix.model import given_files, load  # noqa: PLC0415
    from autofix.report.lint import lint_json, show_lint  # noqa: PLC0415

    training = load(solver)
    given = given_files(training, "weights", weights) if weights else ()
    findings = static.lint(training, given_weights=bool(given))
    if as_json:
        print(lint_json(training, findings))
    else:
        show_lint(findings, Console(highlight=False, emoji=False))
    return UNPROVED if any(finding.severity is Severity.ERROR for finding in findings) else WELL
