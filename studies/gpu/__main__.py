"""Measure Caffe and Autofix on a GPU, beside the CPU of the same machine.

    python -m studies.gpu speed --out results [--nets lenet alexnet] [--devices gpu cpu] [--threads 2 16]
    python -m studies.gpu nan --out results
    python -m studies.gpu verdicts --out results [--cases 'lenet*']
    python -m studies.gpu fix --out results [--example alexnet-two-class] [--devices gpu] [--seconds 600]
    python -m studies.gpu thinned [--probes FOLDER]      # needs neither a GPU nor Caffe; writes results/thinned.md

Make the examples' data first (examples/*/make_data.py). Each part adds lines to PART.jsonl in the folder and leaves the
logs of its trainings there, so what is done counts even if the rest is cut short. `speed` times the healthy variant of
an example, with so many threads of OpenBLAS, in three ways: as a user trains (a loss every ten iterations), with every
loss, and with debug_info as a probe; the first iterations are not counted. Times are those in Caffe's log. How busy the
GPU is comes from NVML (nvidia-ml-py), as a mean over the training without its first seconds.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from autofix.caffe import find
from studies.corpus import select
from studies.gpu import fixing, machine, nonfinite, speed, thinned, verdicts
from studies.label import RESULTS
from studies.verdicts import probes


def main(argv: Sequence[str] | None = None) -> int:
    """Run one part."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", choices=("speed", "nan", "verdicts", "fix", "thinned"))
    parser.add_argument("--out", type=Path, help="folder for records and logs")
    parser.add_argument("--caffe", type=Path, help="the caffe executable")
    parser.add_argument("--devices", nargs="+", choices=("gpu", "cpu"), default=["gpu", "cpu"])
    parser.add_argument("--seconds", type=float, default=20.0, help="for each training, at most")
    parser.add_argument("--nets", nargs="+", default=["lenet", "alexnet"])
    parser.add_argument("--modes", nargs="+", choices=tuple(speed.MODES), default=list(speed.MODES))
    parser.add_argument("--threads", nargs="+", type=int, default=[os.cpu_count() or 1], help="of OpenBLAS, for speed")
    parser.add_argument("--cases", default=verdicts.SAMPLE)
    parser.add_argument("--jobs", type=int, default=1, help="trainings at once, for verdicts")
    parser.add_argument("--example", default="alexnet-two-class")
    parser.add_argument("--probes", type=Path, default=probes.HERE, help="where the recorded probes are, for thinned")
    given = parser.parse_args(argv)
    if given.part == "thinned":
        found = thinned.judged(select("*"), RESULTS, given.probes)
        RESULTS.with_name("thinned.md").write_text("\n".join(thinned.page(found)) + "\n")
        return 0
    if given.out is None:
        parser.error("--out is missing")
    given.out = given.out.absolute()
    given.out.mkdir(parents=True, exist_ok=True)
    with (given.out / f"{given.part}.jsonl").open("a") as file:
        for record in records(given):
            line = json.dumps({**record, **machine.describe()})
            print(line[:600], flush=True)
            file.write(line + "\n")
            file.flush()
    return 0


def records(given: argparse.Namespace) -> Iterable[dict[str, Any]]:
    """What the part finds, one record after the other."""
    caffe = find(given.caffe)
    match given.part:
        case "speed":
            all_of = itertools.product(given.nets, given.devices, given.threads, given.modes)
            return speed.measure(caffe, given.out, itertools.starmap(speed.Setting, all_of), given.seconds)
        case "nan":
            threads = os.cpu_count() or 1
            return nonfinite.measure(caffe, given.out, given.devices, given.seconds, threads)
        case "verdicts":
            return verdicts.measure(caffe.path, given.out, given.cases, given.devices, given.jobs, given.seconds)
        case _:
            devices = given.devices
            return (fixing.measure(caffe.path, given.out, given.example, each, given.seconds) for each in devices)


if __name__ == "__main__":
    sys.exit(main())
