"""A recorded log is replayed as if Caffe wrote it now."""

from __future__ import annotations

from pathlib import Path

import pytest
from runner_suite import RunnerSuite, Watcher

from autofix.caffe import How, Job, ReplayRunner

RECORDED = Path(__file__).parents[1] / "debuginfo/logs/healthy.log"


class TestReplayRunner(RunnerSuite):
    @pytest.fixture
    def runner(self):
        return ReplayRunner(RECORDED)

    @pytest.fixture
    def job(self, tmp_path):
        return Job(tmp_path / "solver.prototxt", tmp_path, tmp_path / "caffe.log")

    def test_the_copy_is_the_recording(self, runner, job):
        runner.run(job, Watcher())
        assert job.log.read_bytes() == RECORDED.read_bytes()

    def test_the_return_code_of_the_recorded_process_tells_a_crash(self, job):
        ended = ReplayRunner(RECORDED, returncode=-6).run(job, Watcher())
        assert (ended.how, ended.returncode) == (How.CRASHED, -6)
