"""How many threads a probe's BLAS should have, where one probe runs at a time and where several do.

    python -m studies.bench_threads [CASES] [--seconds 6] [--rounds 2]

CASES are sound trainings of the corpus. Each is trained alone, side by side with itself, and beside a program that
keeps one core busy; on one thread and on as many as there are cores, as plain ``caffe train`` with debug_info. The
least time of the rounds counts. A search gives each of its ``--jobs`` probes an equal share of the cores that are idle.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from autofix.caffe import Caffe, cores, find
from autofix.caffe.environment import BLAS, environment
from autofix.prototxt import Plain, read, write
from studies.corpus import materialise, select
from studies.corpus.draft import put_all
from studies.corpus.materialise import CACHE

NETS = "relu,lenet,alexnet"
SHORT, LONG = 5, 35  # iterations, from whose difference the length of a run is chosen


def prepared(folder: Path, iterations: int) -> None:
    """Write the solver that is timed: so many iterations, nothing tested or saved."""
    fields: dict[str, Plain] = {
        "debug_info": True,
        "display": 1,
        "max_iter": iterations,
        "snapshot": 0,
        "snapshot_after_train": False,
    }
    write(put_all(read(folder / "solver.prototxt"), fields), folder / "timed.prototxt")


def seconds(caffe: Caffe, folder: Path, at_once: int, threads: int) -> float:
    """Wall time of some trainings side by side."""
    command = [str(caffe.path), "train", "--solver=timed.prototxt"]
    own = environment() | dict.fromkeys(BLAS, str(threads))
    started = time.monotonic()
    running = [
        subprocess.Popen(command, cwd=folder, env=own, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(at_once)
    ]
    codes = [each.wait() for each in running]
    if any(codes):
        raise SystemExit(f"caffe ended with {codes} in {folder}")
    return time.monotonic() - started


@contextmanager
def busy(programs: int) -> Iterator[None]:
    """Keep so many cores busy."""
    running = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(programs)]
    try:
        yield
    finally:
        for each in running:
            each.kill()
            each.wait()


def rows(name: str, caffe: Caffe, folder: Path, wanted: float, rounds: int) -> Iterator[str]:
    """The rows of one case."""
    spent = []
    for iterations in (SHORT, LONG):
        prepared(folder, iterations)
        spent.append(seconds(caffe, folder, 1, 1))
    iterations = max(LONG, int(wanted * (LONG - SHORT) / max(spent[1] - spent[0], 1e-3)))
    prepared(folder, iterations)
    for at_once, beside in ((1, 0), (cores(), 0), (1, 1)):
        for threads in (1, cores()):
            with busy(beside):
                least = min(seconds(caffe, folder, at_once, threads) for _ in range(rounds))
            pace = 1000 * least / (at_once * iterations)
            yield f"| {name} | {iterations} | {at_once} | {beside} | {threads} | {least:.2f} | {pace:.3g} |"


def table(wanted: str, length: float, rounds: int) -> Iterator[str]:
    """The lines of the table, each as soon as it is measured."""
    yield "| case | iterations | at once | busy programs | threads each | seconds | ms an iteration, all together |"
    yield "| --- | --: | --: | --: | --: | --: | --: |"
    caffe = find()
    for case in select(wanted):
        with tempfile.TemporaryDirectory(prefix="bench-threads-") as folder:
            materialise(case, Path(folder), CACHE)
            yield from rows(case.id, caffe, Path(folder), length, rounds)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="?", default=NETS, metavar="CASES", help="patterns of ids, joined by commas")
    parser.add_argument("--seconds", type=float, default=6.0, help="that one training on one thread takes, about")
    parser.add_argument("--rounds", type=int, default=2)
    options = parser.parse_args()
    for line in table(options.cases, options.seconds, options.rounds):
        print(line, flush=True)


if __name__ == "__main__":
    main()
