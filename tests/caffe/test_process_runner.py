"""Caffe as a real process: watched, stopped and reaped, and it leaves nothing anywhere."""

from __future__ import annotations

import os
import re
import time
from contextlib import suppress
from dataclasses import replace

import lmdb
import psutil
import pytest
from runner_suite import RunnerSuite, Watcher
from trainings import digest, healthy

from autofix.caffe import Caffe, How, Job, ProcessRunner
from autofix.errors import CaffeError

pytestmark = pytest.mark.caffe

SOLVER = """
net: "net.prototxt" base_lr: 0.01 lr_policy: "fixed" max_iter: 30 display: 1 debug_info: true random_seed: 1
solver_mode: CPU snapshot_after_train: false
"""
NET = """
layer { name: "noise" type: "DummyData" top: "data" top: "target"
  dummy_data_param { shape { dim: 8 dim: 4 } shape { dim: 8 dim: 2 } data_filler { type: "gaussian" std: 1 } } }
layer { name: "ip" type: "InnerProduct" bottom: "data" top: "ip"
  inner_product_param { num_output: 2 weight_filler { type: "xavier" } } }
layer { name: "loss" type: "EuclideanLoss" bottom: "ip" bottom: "target" top: "loss" }
"""


@pytest.fixture
def job(tmp_path):
    folder = tmp_path / "training"
    folder.mkdir()
    (folder / "solver.prototxt").write_text(SOLVER)
    (folder / "net.prototxt").write_text(NET)
    return Job(folder / "solver.prototxt", folder, tmp_path / "caffe.log")


def edit(job: Job, file: str, old: str, new: str) -> None:
    path = job.folder / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def dies(pid: int, seconds: float = 5.0) -> bool:
    """Whether a process is gone, or is a zombie that its new parent has yet to take note of, before long."""
    patience = time.monotonic() + seconds
    with suppress(psutil.NoSuchProcess):
        while psutil.Process(pid).status() != psutil.STATUS_ZOMBIE and time.monotonic() < patience:
            time.sleep(0.05)
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    return True


class ProcessSuite(RunnerSuite):
    """What holds for both kinds of Caffe."""

    @pytest.fixture
    def job(self, job):
        return job

    def test_it_writes_nothing_but_the_log(self, runner, job, tmp_path, monkeypatch):
        for name in ("TMPDIR", "GLOG_log_dir"):
            (tmp_path / name).mkdir()
            monkeypatch.setenv(name, str(tmp_path / name))
        monkeypatch.setenv("GLOG_minloglevel", "2")
        before = digest(tmp_path)
        assert runner.run(job, Watcher()).how is How.COMPLETE
        after = digest(tmp_path)
        assert after.pop("caffe.log")
        assert after == before

    def test_caffe_dying_is_a_crash_told_in_the_log(self, runner, job):
        edit(job, "net.prototxt", "EuclideanLoss", "NoSuchLoss")
        watch = Watcher()
        ended = runner.run(job, watch)
        assert ended.how is How.CRASHED
        assert ended.returncode != 0
        assert b"Unknown layer type: NoSuchLoss" in watch.log

    def test_silence_counts_as_stuck(self, runner, job):
        edit(job, "solver.prototxt", "display: 1", "display: 0")
        edit(job, "solver.prototxt", "max_iter: 30", "max_iter: 100000000")
        started = time.monotonic()
        assert runner.run(replace(job, silence=2.0), Watcher()).how is How.TIMED_OUT
        assert time.monotonic() - started < 30

    def test_a_stopped_training_gives_back_its_place_among_the_data_bases_readers(self, runner, job, tmp_path):
        solver = healthy(tmp_path / "lmdb", max_iter=1_000_000)
        with solver.open("a") as file:
            file.write("debug_info: true snapshot_after_train: false solver_mode: CPU\n")
        with lmdb.open(str(solver.parent / "train_lmdb"), readonly=True) as data:
            watch = Watcher(400)
            ended = runner.run(replace(job, solver=solver, folder=solver.parent), watch)
            assert ended.how is How.STOPPED
            others = [line for line in data.readers().splitlines()[1:] if str(os.getpid()) not in line.split()[:1]]
            assert others == []


class TestExecutable(ProcessSuite):
    @pytest.fixture
    def runner(self, caffe):
        return ProcessRunner(caffe)


class TestPycaffe(ProcessSuite):
    @pytest.fixture
    def runner(self, pycaffe):
        return ProcessRunner(pycaffe)


def test_both_kinds_of_caffe_log_the_same(caffe, pycaffe, job):
    logs = []
    for each in (caffe, pycaffe):
        ProcessRunner(each).run(job, Watcher())
        lines = re.findall(r"\] +(\[|Iteration|Train net)(.*)", job.log.read_text())
        logs.append([re.sub(r"\([^)]*iter/s[^)]*\)", "", "".join(line)) for line in lines])
    assert len(logs[0]) > 30 * 5
    assert logs[0] == logs[1]


def test_a_caffe_that_cannot_be_started_is_an_error(job, tmp_path):
    with pytest.raises(CaffeError, match=r"cannot start .*/gone: No such file"):
        ProcessRunner(Caffe("executable", tmp_path / "gone")).run(job, Watcher())


def test_what_ignores_the_polite_signal_is_killed_with_all_it_started(job, tmp_path):
    stubborn = tmp_path / "caffe"
    stubborn.write_text("#!/bin/sh\ntrap '' INT TERM\nsleep 1000 & echo $!\nwhile :; do sleep 1000; done\n")
    stubborn.chmod(0o755)
    watch = Watcher(1)
    ended = ProcessRunner(Caffe("executable", stubborn)).run(job, watch)
    assert (ended.how, ended.returncode) == (How.STOPPED, -9)
    assert dies(int(watch.lines[0]))
