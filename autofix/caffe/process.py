"""Caffe as a real process: started, watched line by line, always reaped."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import IO

from autofix.caffe.job import Ended, How, Job, Watcher
from autofix.caffe.locate import Caffe
from autofix.errors import CaffeError

TICK = 0.1  # seconds between looks at the clock and at ``Job.cancel``
GRACE = 1.0  # seconds between the polite signal and SIGKILL
CHUNK = 1 << 16  # bytes


@dataclass(frozen=True)
class ProcessRunner:
    """Runs trainings with the Caffe it is given."""

    caffe: Caffe

    def run(self, job: Job, watch: Watcher) -> Ended:
        """See `Runner.run`. Raises `CaffeError` if the process cannot be started at all."""
        started = time.monotonic()
        with job.log.open("wb") as log, self._process(job) as process:
            how = _watch(process, job, watch, log)
        ended = how or (How.COMPLETE if process.returncode == 0 else How.CRASHED)
        return Ended(ended, process.returncode, time.monotonic() - started)

    @contextmanager
    def _process(self, job: Job) -> Iterator[subprocess.Popen[bytes]]:
        command = self.caffe.train_command(job)
        try:
            process = subprocess.Popen(
                command,
                cwd=job.folder,
                env=_environment(os.environ, job.threads),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C in the terminal reaches us, and we decide
            )
        except OSError as error:
            raise CaffeError(f"cannot start {command[0]}: {error.strerror}", "see --caffe") from error
        try:
            yield process
        finally:
            _reap(process)


def _environment(base: Mapping[str, str], threads: int | None) -> dict[str, str]:
    """glog writes to standard error alone, so that nothing lands in the system's temporary folder."""
    env = {**base, "GLOG_logtostderr": "1", "GLOG_minloglevel": "0", "GLOG_log_prefix": "1"}
    if threads is not None:
        env |= {"OPENBLAS_NUM_THREADS": str(threads), "OMP_NUM_THREADS": str(threads)}
    return env


def _watch(process: subprocess.Popen[bytes], job: Job, watch: Watcher, log: IO[bytes]) -> How | None:
    """Feed ``watch`` until the log ends (None) or something ends it; say what."""
    assert process.stdout is not None
    pipe, tail = process.stdout.fileno(), b""
    heard = time.monotonic()
    while True:
        now = time.monotonic()
        if job.cancel.is_set():
            return How.CANCELLED
        if now - heard > job.silence or (job.deadline is not None and now > job.deadline):
            return How.TIMED_OUT
        if not select.select([pipe], [], [], TICK)[0]:
            continue
        chunk = os.read(pipe, CHUNK)
        heard = time.monotonic()
        log.write(chunk)
        *lines, tail = (tail + chunk).split(b"\n")
        if not chunk:
            lines, tail = [tail], b""
        if any(watch(line) for line in lines):
            log.flush()
            return How.STOPPED
        if not chunk:
            process.wait()
            return None


def _reap(process: subprocess.Popen[bytes]) -> None:
    """End the whole process group: SIGINT first, so that Caffe closes its data base, then SIGKILL."""
    assert process.stdout is not None
    process.stdout.close()
    for number in (signal.SIGINT, signal.SIGKILL):
        if process.poll() is not None:
            break
        _signal_group(process.pid, number)
        try:
            process.wait(GRACE if number is signal.SIGINT else None)
        except subprocess.TimeoutExpired:
            continue
    _signal_group(process.pid, signal.SIGKILL)  # what the training itself may have started


def _signal_group(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)
