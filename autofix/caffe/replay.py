"""A recorded log in place of a process: for tests of what reads logs, and for ``diagnose``."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from autofix.caffe.job import Ended, How, Job, Watcher


@dataclass(frozen=True)
class ReplayRunner:
    """Hands out the lines of a recorded log as if Caffe wrote them now.

    Args:
        recorded: the log.
        returncode: of the process that wrote it; anything but 0 makes the end of the log a crash.
    """

    recorded: Path
    returncode: int = 0

    def run(self, job: Job, watch: Watcher) -> Ended:
        """See `Runner.run`; a recording is never silent."""
        started = time.monotonic()
        how, returncode = self._replay(job, watch), self.returncode
        if how is None:
            how = How.CRASHED if returncode else How.COMPLETE
        return Ended(how, returncode, time.monotonic() - started)

    def _replay(self, job: Job, watch: Watcher) -> How | None:
        """Feed ``watch`` until the recording ends (None) or something ends it; say what."""
        with self.recorded.open("rb") as recorded, job.log.open("wb") as log:
            for line in recorded:
                if job.cancel.is_set():
                    return How.CANCELLED
                if job.deadline is not None and time.monotonic() > job.deadline:
                    return How.TIMED_OUT
                log.write(line)
                if watch(line):
                    return How.STOPPED
        return None
