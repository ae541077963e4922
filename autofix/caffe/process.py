"""Caffe as a real process: started, watched as it talks, always reaped."""

from __future__ import annotations

import fcntl
import os
import select
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import IO

from autofix.caffe.environment import environment
from autofix.caffe.job import Ended, How, Job, Watcher
from autofix.caffe.locate import Caffe
from autofix.errors import CaffeError

TICK = 0.1  # seconds between looks at the clock and at ``Job.cancel``
GRACE = 1.0  # seconds between the polite signal and SIGKILL
CHUNK = 1 << 20  # bytes, of the pipe too: Caffe must not wait for us
# Caffe writes its log line by line, and waking up for each costs more than reading it: after a read, lines gather for
# this share of the time the training has taken so far, within these seconds.
GATHER, GATHER_LEAST, GATHER_MOST = 0.03, 0.01, 0.3


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
                env=environment(job.threads),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C in the terminal reaches us, and we decide
            )
        except OSError as error:
            raise CaffeError(f"cannot start {command[0]}: {error.strerror}", "see --caffe") from error
        try:
            _widen(process)
            yield process
        finally:
            _reap(process)


def _watch(process: subprocess.Popen[bytes], job: Job, watch: Watcher, log: IO[bytes]) -> How | None:
    """Feed ``watch`` until the log ends (None) or something ends it; say what."""
    tail = b""
    started = heard = time.monotonic()
    while True:
        now = time.monotonic()
        if job.cancel.is_set():
            return How.CANCELLED
        if now - heard > job.silence or (job.deadline is not None and now > job.deadline):
            return How.TIMED_OUT
        chunk = _read(process, TICK)
        if chunk is None:
            continue
        heard = time.monotonic()
        log.write(chunk)
        lines, tail = _whole_lines(tail + chunk) if chunk else (tail, b"")
        if lines and watch(lines):
            return How.STOPPED
        if not chunk:
            with suppress(subprocess.TimeoutExpired):
                process.wait(GRACE)  # it closed its log, and so is at its end
            return None
        time.sleep(min(max(GATHER * (heard - started), GATHER_LEAST), GATHER_MOST))


def _whole_lines(data: bytes) -> tuple[bytes, bytes]:
    """Part ``data`` behind its last line end."""
    end = data.rfind(b"\n") + 1
    return data[:end], data[end:]


def _widen(process: subprocess.Popen[bytes]) -> None:
    """Make the pipe as large as what is read at once, where the system allows that."""
    assert process.stdout is not None
    with suppress(OSError, AttributeError):  # only Linux knows this call, and it has a limit
        fcntl.fcntl(process.stdout.fileno(), fcntl.F_SETPIPE_SZ, CHUNK)


def _read(process: subprocess.Popen[bytes], seconds: float) -> bytes | None:
    """What the log has to offer within ``seconds``: nothing yet is None, and nothing ever again is empty."""
    assert process.stdout is not None
    pipe = process.stdout.fileno()
    return os.read(pipe, CHUNK) if select.select([pipe], [], [], seconds)[0] else None


def _reap(process: subprocess.Popen[bytes]) -> None:
    """End the process, with whatever it started itself.

    SIGINT comes first: a training that is killed keeps its place in the LMDB's table of readers, which has few. Its
    last words are read meanwhile, since Caffe would die of a closed pipe before it closes the data base.
    """
    assert process.stdout is not None
    try:
        if process.poll() is None:
            _signal_group(process.pid, signal.SIGINT)
            patience = time.monotonic() + GRACE
            while time.monotonic() < patience and _read(process, TICK) != b"":
                pass
            process.wait(max(0.0, patience - time.monotonic()))
    except subprocess.TimeoutExpired:
        pass
    finally:  # also where a second Ctrl-C cut that short
        _signal_group(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()


def _signal_group(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)
