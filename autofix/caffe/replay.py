"""A recorded log in place of a process: for tests of what reads logs, and for ``diagnose``."""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from autofix.caffe.job import Ended, How, Job, Watcher


@dataclass(frozen=True)
class ReplayRunner:
    """Hands out the lines of a recorded log as if Caffe wrote them now."""

    recorded: Path

    def run(self, job: Job, watch: Watcher) -> Ended:
        """See `Runner.run`; the log's copy is whole even where the watcher stops early."""
        started = time.monotonic()
        shutil.copyfile(self.recorded, job.log)
        how = How.COMPLETE
        with self.recorded.open("rb") as lines:
            for line in lines:
                if job.cancel.is_set():
                    how = How.CANCELLED
                    break
                if watch(line.rstrip(b"\n")):
                    how = How.STOPPED
                    break
        return Ended(how, 0, time.monotonic() - started)
