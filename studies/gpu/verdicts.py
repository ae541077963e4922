"""Autofix's verdict on trainings of the corpus as they are written, on the CPU and on the GPU."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import Any

from autofix import api
from autofix.errors import AutofixError
from studies.corpus import Case, materialise, select
from studies.corpus.materialise import CACHE

SAMPLE = (  # short trainings of many kinds: sound ones, and NaN of every origin
    "lenet,lenet+lr=x2,lenet+lr=x8,lenet+unscaled,lenet+momentum=0.999,lenet+nan-record,lenet+loss-weight=10000,"
    "lenet+bias=-10@ip1,alexnet+lr=x10,alexnet+std=1,alexnet+inf-record,autoencoder+lr=x1000,tanh,tanh+lr=x100,deep,"
    "deep+lr=x30,deep+std=0.01,hinge+lr=x100,hinge+nan-record,diabetes+lr=x100,rnn,rnn+lr=x10"
)


def measure(
    caffe: Path, out: Path, pattern: str, devices: list[str], jobs: int, seconds: float
) -> Iterator[dict[str, Any]]:
    """Judge each case on each device, ``jobs`` at a time; a record each, and Autofix's folder below ``out``."""
    cases = select(pattern)
    for case in cases:
        materialise(case, out / "cases" / case.id, CACHE)
    with ProcessPoolExecutor(jobs) as pool:  # LMDB opens an environment once in a process
        todo = [pool.submit(_judge, caffe, out, case, device, seconds) for case in cases for device in devices]
        for future in as_completed(todo):
            yield future.result()


def _judge(caffe: Path, out: Path, case: Case, device: str, seconds: float) -> dict[str, Any]:
    solver = out / "cases" / case.id / "solver.prototxt"
    folder = out / "verdicts" / f"{case.id}-{device}"
    record: dict[str, Any] = {"case": case.id, "kind": case.kind, "device": device}
    try:
        found = api.fix(solver, budget=1, out=folder, caffe=caffe, device=device, timeout=seconds)
    except AutofixError as error:
        return {**record, "error": str(error)}
    if not found.trials:
        return {**record, "error": found.why}
    trial = found.trials[0]
    return {
        **record,
        "verdict": trial.verdict.value,
        "result": found.verdict,
        "reason": trial.reason,
        "iterations": trial.iterations,
        "seconds": round(trial.seconds, 2),
        "findings": sorted({finding.code for finding in trial.findings}),
    }
