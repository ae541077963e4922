"""``autofix dashboard``."""

from __future__ import annotations

from pathlib import Path

import click

from autofix.errors import InputError


@click.command(epilog="Example:  autofix dashboard solver.autofix")
@click.argument("study")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=int, default=8080, show_default=True)
def dashboard(study: str, host: str, port: int) -> int:
    """Open optuna-dashboard on STUDY: an output folder of Autofix, or an Optuna storage URL."""
    try:
        import optuna_dashboard  # noqa: PLC0415 -- optional
    except ImportError as error:
        raise InputError("optuna-dashboard is not installed", "pip install 'caffe-autofix[dashboard]'") from error
    storage = storage_url(study)
    click.echo(f"http://{host}:{port}/dashboard  (Ctrl-C ends it)", err=True)
    optuna_dashboard.run_server(storage, host=host, port=port)
    return 0


def storage_url(study: str) -> str:
    """Return the storage of an output folder; a URL is returned as it is.

    Raises:
        InputError: there is no study there.
    """
    if "://" in study:
        return study
    path = Path(study)
    path = path / "study.db" if path.is_dir() else path
    if not path.is_file():
        raise InputError(f"{path}: no such study", "name an output folder of autofix, or an Optuna storage URL")
    return f"sqlite:///{path}"
