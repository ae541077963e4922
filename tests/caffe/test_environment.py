"""Caffe's processes get no more threads than the machine has cores to spare."""

from __future__ import annotations

import subprocess
import sys

import pytest

from autofix.caffe import blas_threads, cores
from autofix.caffe.environment import BLAS, environment, idle_cores

BUSY = "import sys; print(flush=True)\nwhile True: pass"


@pytest.fixture
def unset(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in BLAS:
        monkeypatch.delenv(name, raising=False)


@pytest.mark.usefixtures("unset")
def test_beside_busy_programs_one_thread_has_to_do() -> None:
    busy = [subprocess.Popen([sys.executable, "-c", BUSY], stdout=subprocess.PIPE) for _ in range(2 * cores())]
    try:
        for each in busy:
            assert each.stdout is not None
            each.stdout.readline()  # it has begun
        assert idle_cores() == 1
        assert blas_threads(1) == 1
        assert blas_threads(100) == 1
    finally:
        for each in busy:
            each.kill()
            each.communicate()


@pytest.mark.usefixtures("unset")
def test_never_more_than_there_are_cores() -> None:
    assert 1 <= idle_cores() <= cores()
    threads = blas_threads(1)
    assert threads is not None
    assert environment(threads)["OPENBLAS_NUM_THREADS"] == str(threads)


@pytest.mark.parametrize("name", BLAS)
def test_the_users_own_word_counts(name: str, unset: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "3")
    assert blas_threads(1) is None
    assert environment(blas_threads(1))[name] == "3"
