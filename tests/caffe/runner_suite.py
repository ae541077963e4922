"""What every runner promises, as a class to inherit: a new one gets all of it for its two fixtures."""

from __future__ import annotations

import threading
import time
from dataclasses import replace

import psutil
import pytest

from autofix.caffe import How, Job, Runner


class Watcher:
    """Keeps the lines it is handed and, once it has ``enough`` of them, does what it was told."""

    def __init__(self, enough=None, then=lambda: True):
        self.lines, self.enough, self.then = [], enough, then

    def __call__(self, lines: bytes) -> bool:
        for line in lines.splitlines():
            self.lines.append(line)
            if len(self.lines) == self.enough and self.then():
                return True
        return False

    @property
    def log(self) -> bytes:
        return b"".join(line + b"\n" for line in self.lines)


class RunnerSuite:
    """Inherit, and give the fixtures ``runner`` and ``job``, of a log with at least 50 lines."""

    @pytest.fixture
    def runner(self) -> Runner:
        raise NotImplementedError

    @pytest.fixture
    def job(self) -> Job:
        raise NotImplementedError

    @pytest.fixture(autouse=True)
    def nothing_is_left_behind(self):
        yield
        assert psutil.Process().children(recursive=True) == []

    def test_the_log_keeps_every_line_in_order(self, runner, job):
        watch = Watcher()
        ended = runner.run(job, watch)
        assert (ended.how, ended.returncode) == (How.COMPLETE, 0)
        assert len(watch.lines) >= 50
        assert job.log.read_bytes() == watch.log

    def test_the_time_it_took_is_told_in_seconds(self, runner, job):
        started = time.monotonic()
        ended = runner.run(job, Watcher())
        assert 0 < ended.seconds <= time.monotonic() - started

    @pytest.mark.parametrize("enough", [1, 20])
    def test_it_stops_when_the_watcher_has_seen_enough(self, runner, job, enough):
        watch = Watcher(enough)
        assert runner.run(job, watch).how is How.STOPPED
        assert len(watch.lines) == enough
        assert job.log.read_bytes().startswith(watch.log)

    def test_it_stops_when_it_is_cancelled(self, runner, job):
        watch = Watcher(20, then=job.cancel.set)
        assert runner.run(job, watch).how is How.CANCELLED
        assert job.log.read_bytes().startswith(watch.log)

    def test_it_does_not_run_what_was_cancelled_before(self, runner, job):
        job.cancel.set()
        watch = Watcher()
        assert runner.run(job, watch).how is How.CANCELLED
        assert watch.lines == []

    def test_it_stops_at_the_deadline(self, runner, job):
        late = replace(job, deadline=time.monotonic())
        assert runner.run(late, Watcher()).how is How.TIMED_OUT

    def test_an_error_of_the_watcher_ends_the_training_too(self, runner, job):
        def stumble() -> bool:
            raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            runner.run(job, Watcher(5, then=stumble))

    def test_threads_may_share_it(self, runner, job, tmp_path):
        jobs = [replace(job, log=tmp_path / f"{index}.log", cancel=threading.Event()) for index in range(2)]
        watches = [Watcher(), Watcher()]
        threads = [threading.Thread(target=runner.run, args=pair) for pair in zip(jobs, watches, strict=True)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [job.log.read_bytes() for job in jobs] == [watch.log for watch in watches]
