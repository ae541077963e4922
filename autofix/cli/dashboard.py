"""``autofix dashboard``."""

from __future__ import annotations

import json
import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import click

from autofix.errors import InputError

if TYPE_CHECKING:
    from optuna.artifacts import FileSystemArtifactStore
    from optuna.storages import RDBStorage


@click.command(epilog="Example:  autofix dashboard solver.autofix")
@click.argument("study")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=8080, show_default=True, help="0: any free port.")
def dashboard(study: str, host: str, port: int) -> int:
    """Open optuna-dashboard on STUDY: an output folder of Autofix, or an Optuna storage URL."""
    try:
        import optuna_dashboard  # noqa: PLC0415 -- optional, and heavy
    except ImportError as error:
        raise InputError("optuna-dashboard is not installed", "pip install 'caffe-autofix[dashboard]'") from error
    pages = optuna_dashboard.wsgi(_opened(storage_url(study)), artifact_store=_artifacts(study))
    try:
        server = make_server(host, port, pages, handler_class=_Quiet)
    except OSError as error:
        raise InputError(f"cannot listen on {host}:{port}: {error.strerror}", "choose another --port") from error
    click.echo(f"http://{host}:{server.server_port}/dashboard  (Ctrl-C ends it)", err=True)
    for number in (signal.SIGINT, signal.SIGTERM):
        # An exception would be swallowed where a request is just being answered; shutdown waits for the loop's end.
        signal.signal(number, lambda *_: threading.Thread(target=server.shutdown).start())
    with server:
        server.serve_forever()
    return 0


class _Quiet(WSGIRequestHandler):
    """Does not print a line for every request."""

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


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


def _artifacts(study: str) -> FileSystemArtifactStore | None:
    """The files of the trials, beside the study; None where there are none."""
    from optuna.artifacts import FileSystemArtifactStore  # noqa: PLC0415 -- heavy

    folder = (Path(study) if Path(study).is_dir() else Path(study).parent) / "artifacts"
    return FileSystemArtifactStore(folder) if folder.is_dir() else None


def _opened(url: str) -> RDBStorage:
    import optuna  # noqa: PLC0415 -- heavy

    try:
        storage = optuna.storages.RDBStorage(url, skip_table_creation=True)
        storage.get_all_studies()
    except Exception as error:  # each data base driver has errors of its own
        what = f"{url}: {error.__cause__ or error}".splitlines()[0]
        raise InputError(what, "is this the URL of an Optuna storage?") from error
    return storage
