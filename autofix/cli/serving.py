"""Serving optuna-dashboard over a study: all that takes heavy imports."""

from __future__ import annotations

import signal
import threading
from pathlib import Path
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import optuna
from optuna.artifacts import FileSystemArtifactStore
from optuna.storages import RDBStorage

from autofix.errors import InputError


class Quiet(WSGIRequestHandler):
    """Does not print a line for every request."""

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


def server(study: str, url: str, host: str, port: int) -> WSGIServer:
    """Return a server that listens already.

    Raises:
        InputError: optuna-dashboard is not installed, the storage cannot be opened, or the port is taken.
    """
    try:
        import optuna_dashboard  # noqa: PLC0415 -- optional
    except ImportError as error:
        raise InputError("optuna-dashboard is not installed", "pip install 'caffe-autofix[dashboard]'") from error
    pages = optuna_dashboard.wsgi(opened(url), artifact_store=artifacts(study))
    try:
        return make_server(host, port, pages, handler_class=Quiet)
    except OSError as error:
        raise InputError(f"cannot listen on {host}:{port}: {error.strerror}", "choose another --port") from error


def serve(listening: WSGIServer) -> None:
    """Answer requests until a signal says stop."""
    for number in (signal.SIGINT, signal.SIGTERM):
        # An exception would be swallowed where a request is just being answered; shutdown waits for the loop's end.
        signal.signal(number, lambda *_: threading.Thread(target=listening.shutdown).start())
    with listening:
        listening.serve_forever()


def artifacts(study: str) -> FileSystemArtifactStore | None:
    """The files of the trials, beside the study; None where there are none."""
    folder = (Path(study) if Path(study).is_dir() else Path(study).parent) / "artifacts"
    return FileSystemArtifactStore(folder) if folder.is_dir() else None


def opened(url: str) -> RDBStorage:
    """The storage that ``url`` names.

    Raises:
        InputError: there is none.
    """
    try:
        storage = optuna.storages.RDBStorage(url, skip_table_creation=True)
        storage.get_all_studies()
    except Exception as error:  # each data base driver has errors of its own
        what = f"{url}: {error.__cause__ or error}".splitlines()[0]
        raise InputError(what, "is this the URL of an Optuna storage?") from error
    return storage
