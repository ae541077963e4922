"""How large the weights of sound trainings become: what check W104 of `autofix inspect` rests on.

    python -m studies.weight_gains ['healthy'] [--iterations 1000]

Trains cases of the corpus with plain Caffe, inspects the last snapshot and prints each layer's gain (the rms of its
weights times the root of its inputs), largest last. A case whose snapshot holds anything wrong is told.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from autofix.caffe import Job, find
from autofix.caffe.stored import StoredSnapshot, read_stored
from autofix.health.stored import judge_snapshot
from autofix.health.stored.measured import measured
from studies.corpus import Case, materialise, select
from studies.corpus.materialise import CACHE

QUIET = {"GLOG_logtostderr": "1", "OPENBLAS_NUM_THREADS": "1"}


_caffe = cache(find)


def snapshot(case: Case, iterations: int, folder: Path) -> StoredSnapshot:
    """The last snapshot of a case trained in ``folder`` for at most so many iterations."""
    materialise(case, folder, CACHE)
    solver = folder / "solver.prototxt"
    kept = re.sub(
        r"^\s*(max_iter|snapshot\w*|random_seed|test_\w+|solver_mode):.*\n", "", solver.read_text(), flags=re.M
    )
    own = re.search(r"max_iter:\s*(\d+)", solver.read_text())
    count = min(iterations, int(own.group(1)) if own is not None else iterations)
    extra = f'\nmax_iter: {count}\nsnapshot_prefix: "last"\nrandom_seed: 1\nsolver_mode: CPU\n'
    solver.write_text(kept + extra)
    command = _caffe().train_command(Job(solver, folder, folder / "unused.log"))
    subprocess.run(command, cwd=folder, env=os.environ | QUIET, capture_output=True, check=False)
    found = read_stored(folder / f"last_iter_{count}.caffemodel")
    assert isinstance(found, StoredSnapshot)
    return found


def gains(pattern: str, iterations: int) -> Iterator[tuple[float, str]]:
    """Yield the gain of every layer of every case that trained."""
    for case in select(pattern):
        with tempfile.TemporaryDirectory() as folder:
            try:
                found = snapshot(case, iterations, Path(folder))
            except Exception as error:
                print(f"{case.id}: left out, {error}", file=sys.stderr)
                continue
        for finding in judge_snapshot(found):
            print(f"{case.id}: {finding.code} {finding.explanation}", file=sys.stderr)
        layers = [(each.gain, f"{case.id} {each.layer}") for each in measured(found) if each.gain]
        if layers:
            print(f"{case.id}: at most {max(layers)[0]:.3g}", file=sys.stderr, flush=True)
        yield from layers


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="?", default="healthy")
    parser.add_argument("--iterations", type=int, default=1000)
    options = parser.parse_args()
    found = sorted(gains(options.cases, options.iterations))
    print(f"{len(found)} layers; median {found[len(found) // 2][0]:.3g}")
    for gain, name in found[-12:]:
        print(f"{gain:8.3g}  {name}")


if __name__ == "__main__":
    main()
