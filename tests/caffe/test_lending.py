"""Of several GPUs each training gets one, and a full one gets none. Trainings are replayed, and no GPU is needed."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from runner_suite import RunnerSuite, Watcher

from autofix.caffe import Device, How, Job, LendingRunner, ReplayRunner
from autofix.caffe.gpus import LEAST_FREE, Memory
from autofix.errors import CaffeError

RECORDED = Path(__file__).parents[1] / "debuginfo/logs/healthy.log"
PLENTY = Memory(free=8 << 30, total=8 << 30)


@dataclass
class Noting:
    """Replays, and notes the device of every training; each one's first line waits for ``together`` of them."""

    together: int = 1
    devices: list[Device] = field(default_factory=list)

    def __post_init__(self):
        self.barrier = threading.Barrier(self.together)

    def run(self, job, watch):
        self.devices.append(job.device)
        self.barrier.wait(30)
        return ReplayRunner(RECORDED).run(job, watch)


@pytest.fixture
def job(tmp_path):
    return Job(tmp_path / "solver.prototxt", tmp_path, tmp_path / "caffe.log", device=Device((0, 1)))


class TestLendingRunner(RunnerSuite):
    @pytest.fixture
    def runner(self):
        return LendingRunner(ReplayRunner(RECORDED), lambda gpu: PLENTY)

    @pytest.fixture
    def job(self, job):
        return job


def test_each_of_two_trainings_gets_a_gpu_of_its_own(job, tmp_path):
    noting = Noting(together=2)
    runner = LendingRunner(noting, lambda gpu: PLENTY)
    jobs = [replace(job, log=tmp_path / f"{index}.log") for index in range(2)]
    threads = [threading.Thread(target=runner.run, args=(each, Watcher())) for each in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(device.gpus for device in noting.devices) == [(0,), (1,)]


def test_the_cpu_is_not_lent(job):
    noting = Noting()
    LendingRunner(noting, lambda gpu: pytest.fail("nobody has to ask")).run(replace(job, device=Device()), Watcher())
    assert noting.devices == [Device()]


def test_a_gpu_full_of_what_is_not_ours_stops_the_search(job):
    full = Memory(free=LEAST_FREE - 1, total=8 << 30)
    with pytest.raises(CaffeError, match=r"GPU 0 has too little memory: 0\.3 of 8\.6 GB free") as caught:
        LendingRunner(Noting(), lambda gpu: full).run(job, Watcher())
    assert "--device cpu" in caught.value.hint
    assert caught.value.exit_code == 3


def test_a_full_gpu_is_passed_over_for_one_with_room(job):
    noting = Noting()
    full = Memory(free=0, total=8 << 30)
    LendingRunner(noting, lambda gpu: full if gpu == 0 else PLENTY).run(job, Watcher())
    assert noting.devices == [Device((1,))]


def test_what_trainings_need_is_learned_from_what_caffe_says(job):
    runner = LendingRunner(ReplayRunner(RECORDED), lambda gpu: PLENTY)
    runner.run(job, Watcher())
    told = max(int(line.split()[-1]) for line in RECORDED.read_text().splitlines() if "Memory required" in line)
    assert runner.needed == LEAST_FREE + 2 * told


def test_a_training_waits_for_one_of_ours_that_has_yet_to_take_its_memory(job, tmp_path):
    one = replace(job, device=Device((0,)))
    room_for_one = Memory(free=int(1.5 * LEAST_FREE), total=8 << 30)
    held, go_on, order = threading.Event(), threading.Event(), []

    class Held:
        def run(self, job, watch):
            order.append(job.log.name)
            held.set()
            go_on.wait(30)
            return ReplayRunner(RECORDED).run(job, watch)

    runner = LendingRunner(Held(), lambda gpu: room_for_one)
    first = threading.Thread(target=runner.run, args=(replace(one, log=tmp_path / "first"), Watcher()))
    first.start()
    held.wait(30)
    late = replace(one, log=tmp_path / "late", deadline=time.monotonic() + 0.1)
    assert runner.run(late, Watcher()).how is How.TIMED_OUT
    assert order == ["first"], "it was not even started"
    go_on.set()
    assert runner.run(replace(one, log=tmp_path / "second"), Watcher()).how is How.COMPLETE
    first.join()
    assert order == ["first", "second"]
