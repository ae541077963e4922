"""The command line, run as users run it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

COMMAND = [sys.executable, "-m", "autofix"]
SECONDS = 240  # more than any of these runs takes on a slow machine


@dataclass(frozen=True)
class Run:
    """One run that ended."""

    code: int
    out: str
    err: str

    @property
    def report(self) -> Any:
        """What --json printed."""
        return json.loads(self.out, parse_constant=lambda word: pytest.fail(f"{word} is not JSON"))


def autofix(*arguments: object, cwd: Path, env: dict[str, str] | None = None) -> Run:
    """Run ``autofix`` to its end; whatever happens, it must not show a traceback."""
    done = subprocess.run(
        [*COMMAND, *map(str, arguments)],
        cwd=cwd,
        env={**os.environ, **(env or {})},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return Run(done.returncode, done.stdout, done.stderr)


def start(*arguments: object, cwd: Path) -> subprocess.Popen[str]:
    """Start ``autofix`` and return while it runs, the leader of a process group."""
    return subprocess.Popen(
        [*COMMAND, *map(str, arguments)],
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def wait_for(what: object, seconds: float = 60.0) -> None:
    """Return once ``what()`` is true."""
    patience = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < patience, "waited in vain"
        time.sleep(0.02)


def trainings_of(folder: Path) -> list[psutil.Process]:
    """Live processes that name ``folder`` in their command line, other than this one."""
    return list(_naming(str(folder)))


def _naming(folder: str) -> Iterator[psutil.Process]:
    for process in psutil.process_iter(["cmdline", "status"]):
        named = any(folder in word for word in process.info["cmdline"] or ())
        if named and process.pid != os.getpid() and process.info["status"] != psutil.STATUS_ZOMBIE:
            yield process
