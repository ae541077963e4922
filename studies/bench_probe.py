"""What watching costs: a probe beside a bare ``caffe train`` of the same iterations, for nets of different size.

    python -m studies.bench_probe [CASE ...] [--seconds 6] [--rounds 3]

CASE is a sound training of the corpus. The same solver is trained bare (no debug_info, a loss every ten iterations),
bare with debug_info, and as a probe, in turn and on one thread; the least of the rounds counts. `own` is the processor
time that Autofix took to read and to judge, as a share of Caffe's. To start Python and load the libraries, once in a
search, is not in it.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from autofix.caffe import CPU, Caffe, ProcessRunner, find
from autofix.health import Decision, Judge, Verdict, View
from autofix.model import Candidate, Training, load
from autofix.prototxt import Plain, read, write
from autofix.search.audit import audit_data
from autofix.search.probe import Prober
from studies.corpus import materialise, select
from studies.corpus.draft import put_all
from studies.corpus.materialise import CACHE
from studies.repair.work import spent

NETS = "diabetes,relu,lenet,alexnet"
BARE: dict[str, Plain] = {"debug_info": False, "display": 10}
DEBUG: dict[str, Plain] = {"debug_info": True, "display": 1}
LEAST = 30  # iterations


@dataclass(frozen=True)
class ToTheEnd:
    """A judge that is asked as always and never believed."""

    cap: int
    judge: Judge = field(default_factory=Judge)

    def decide(self, view: View) -> Decision | None:
        """Judge; no verdict until the end."""
        self.judge.decide(view)
        return self.conclude(view) if len(view) >= self.cap else None

    def conclude(self, view: View, whole: bool = False) -> Decision:  # noqa: ARG002 -- nothing is decided
        """No verdict."""
        return Decision(Verdict.INCONCLUSIVE, len(view), "the end")


@dataclass(frozen=True)
class Bench:
    """The trainings of one case, in its folder."""

    caffe: Caffe
    folder: Path

    def bare(self, iterations: int, fields: dict[str, Plain]) -> float:
        """Seconds of a plain ``caffe train``."""
        wanted = {**fields, "max_iter": iterations, "snapshot": 0, "snapshot_after_train": False}
        write(put_all(read(self.folder / "solver.prototxt"), wanted), self.folder / "bare.prototxt")
        started = time.monotonic()
        with (self.folder / "bare.log").open("wb") as log:
            command = [str(self.caffe.path), "train", "--solver=bare.prototxt"]
            subprocess.run(command, cwd=self.folder, stdout=log, stderr=log, check=True)
        return time.monotonic() - started

    def probe(self, training: Training, iterations: int) -> tuple[float, float]:
        """Seconds of a probe; Autofix's own processor time as a share of Caffe's."""
        runner, audit = ProcessRunner(self.caffe), audit_data(training)
        prober = Prober(training, audit, runner, CPU, self.folder / "probes", lambda _event: None, threads=1)
        before, started = spent(), time.monotonic()
        prober.run(Candidate(), 1, ToTheEnd(iterations), "000")
        wall = time.monotonic() - started
        own, caffes = (after - then for after, then in zip(spent(), before, strict=True))
        return wall, own / caffes

    def row(self, name: str, seconds: float, rounds: int) -> str:
        """A row of the table."""
        short, long = self.bare(1, BARE), self.bare(LEAST, BARE)
        pace = max(long - short, 1e-4) / LEAST
        training = load(self.folder / "solver.prototxt", self.folder)
        iterations = min(max(LEAST, int(seconds / pace)), training.solver.max_iter)  # where a probe ends, too
        bare, debug, probed, own = [], [], [], []
        for _ in range(rounds):
            bare.append(self.bare(iterations, BARE))
            debug.append(self.bare(iterations, DEBUG))
            wall, share = self.probe(training, iterations)
            probed.append(wall)
            own.append(share)
        cells = (iterations, f"{1000 * pace:.2g}", f"{min(bare):.2f}", f"{min(debug):.2f}", f"{min(probed):.2f}")
        return f"| {name} | {' | '.join(map(str, cells))} | {min(probed) / min(bare):.2f} | {min(own):.1%} |"


def table(wanted: str, seconds: float, rounds: int) -> Iterator[str]:
    """The lines of the table, each as soon as it is measured."""
    yield "| case | iterations | ms each | bare, s | with debug_info, s | probe, s | probe / bare | own |"
    yield "| --- | --: | --: | --: | --: | --: | --: | --: |"
    caffe = find()
    for case in select(wanted):
        with tempfile.TemporaryDirectory(prefix="bench-probe-") as folder:
            materialise(case, Path(folder), CACHE)
            yield Bench(caffe, Path(folder)).row(case.id, seconds, rounds)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="?", default=NETS, metavar="CASES", help="patterns of ids, joined by commas")
    parser.add_argument("--seconds", type=float, default=6.0, help="that a bare training takes, about")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    os.environ |= {"OPENBLAS_NUM_THREADS": "1", "GLOG_logtostderr": "1"}
    for line in table(options.cases, options.seconds, options.rounds):
        print(line, flush=True)


if __name__ == "__main__":
    main()
