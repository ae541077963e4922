"""``autofix dashboard``."""

from __future__ import annotations

import json
from pathlib import Path

import click

from autofix.errors import InputError


@click.command(epilog="Example:  autofix dashboard solver.autofix")
@click.argument("study")
@click.option("--host", default="127.0.0.1", show_default=True, metavar="ADDRESS", help="Address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8080,
    show_default=True,
    metavar="N",
    help="Port to listen on; 0 for any that is free.",
)
@click.option("--browser", is_flag=True, help="Open it in the browser of this machine, too.")
def dashboard(study: str, host: str, port: int, browser: bool) -> int:
    """Open optuna-dashboard on STUDY: an output folder of Autofix, or an Optuna storage URL."""
    url = storage_url(study)
    from autofix.cli.serving import serve, server  # noqa: PLC0415 -- heavy imports wait until a command runs

    listening = server(study, url, host, port)
    address = f"http://{host}:{listening.server_port}/dashboard"
    click.echo(f"{address}  (Ctrl-C ends it)", err=True)
    if browser:
        click.launch(address)
    serve(listening)
    return 0


def storage_url(study: str) -> str:
    """Return the storage of an output folder or of an SQLite file; a URL is returned as it is.

    Raises:
        InputError: there is no study there.
    """
    if "://" in study:
        return study
    path = Path(study)
    report, database = path / "report.json", path / "study.db" if path.is_dir() else path
    if database.is_file():
        return f"sqlite:///{database}"
    if report.is_file():  # the study was kept elsewhere
        return str(json.loads(report.read_text(encoding="utf-8"))["study"]["storage"])
    raise InputError(f"{path}: no study there", "name an output folder of autofix, or an Optuna storage URL")
