"""Label the corpus: train every case with plain Caffe, long, and write down what became of it.

python -m studies.label                       # what is not labelled yet; safe to stop at any time
python -m studies.label --cases 'lenet*,near-limit' --seeds 1
python -m studies.label --summary             # nothing is run
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path
from threading import Lock

from autofix.caffe import Caffe, find
from studies import truth
from studies.corpus import Case, materialise, select
from studies.corpus.materialise import CACHE
from studies.truth import records, table, training
from studies.truth.rule import CANNOT_RUN

HERE = Path(__file__).parent
RESULTS = HERE / "results" / "ground_truth.jsonl"
SEEDS = (1, 2, 3)


def build(caffe: Caffe) -> str:
    """Caffe's version and the beginning of its library's SHA-256, to tell builds apart."""
    libraries = sorted(caffe.path.resolve().parents[1].glob("lib/libcaffe.so*"))
    return f"{caffe.version} {sha256((libraries or [caffe.path])[0].read_bytes()).hexdigest()[:8]}"


def label(case: Case, seed: int, caffe: Path, cache: Path) -> records.Record:
    """Train one case with one seed in a temporary folder; the line for the results."""
    with tempfile.TemporaryDirectory(prefix="label-") as name:
        folder = Path(name)
        made = materialise(case, folder, cache)
        constant = truth.constant_answer(made)
        run = training.train(caffe, folder, seed)
        spread = training.spread(caffe, folder, made, run)
        found = truth.judge(run.curve, constant, finished=run.finished, spread=spread)
    short = records.rounded
    return {
        "case": case.id,
        "seed": seed,
        "label": found.label,
        "why": found.why if found.label != CANNOT_RUN else f"{found.why}: {run.complaint}",
        "when": found.when,
        "iterations": len(run.losses),
        "seconds": round(run.seconds, 2),
        "constant": short(constant),
        "start": short(found.start),
        "best": short(found.best),
        "end": short(found.end),
        "spread": short(spread),
        "test": {name: short(value) for name, value in run.tests.items()},
        "curve": records.thinned(run.curve),
    }


def label_all(todo: Sequence[tuple[Case, int]], results: Path, caffe: Caffe, cache: Path, jobs: int) -> None:
    """Label what is to do, with a line of progress each."""
    lock, done, which = Lock(), 0, build(caffe)

    def one(case: Case, seed: int) -> None:
        nonlocal done
        try:
            record = {**label(case, seed, caffe.path, cache), "caffe": which}
        except (ValueError, TimeoutError) as error:  # the others can go on
            print(f"{case.id} seed {seed} has no label: {error}", flush=True)
            return
        with lock:
            records.append(results, record)
            done += 1
            facts = f"{record['label']}, {record['why']}" + (f" at {record['when']}" if record["when"] else "")
            print(f"{done}/{len(todo)} {case.id} seed {seed}: {facts} ({record['seconds']} s)", flush=True)

    with ThreadPoolExecutor(jobs) as pool:
        futures = [pool.submit(one, case, seed) for case, seed in todo]
        try:
            for future in futures:
                future.result()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def check(pattern: str, caffe: Caffe, cache: Path) -> Iterator[str]:
    """Train each case for two iterations; the id of each that does not get there, and why."""
    for case in select(pattern):
        with tempfile.TemporaryDirectory(prefix="check-") as name:
            folder = Path(name)
            short = materialise(case, folder, cache).solve(max_iter=2).without("test_interval", "test_iter")
            (folder / "solver.prototxt").write_text(short.solver.text)
            run = training.train(caffe.path, folder, seed=1)
            if not run.finished:
                yield f"{case.id}: {run.complaint}"


def plan(pattern: str, seeds: Sequence[int], results: Path) -> list[tuple[Case, int]]:
    """What is not labelled yet: by seed, sound cases and the half for tuning first."""
    known = {(record["case"], record["seed"]) for record in truth.read(results)}
    order = sorted(select(pattern), key=lambda case: (not case.sound, case.half != "tune"))
    return [(case, seed) for seed in seeds for case in order if (case.id, seed) not in known]


def tidy(results: Path) -> None:
    """Put the lines in the order of the corpus, without those of cases that are gone, and write the table beside."""
    order = {case.id: index for index, case in enumerate(select())}
    known = [record for record in truth.read(results) if record["case"] in order]
    records.write(results, sorted(known, key=lambda record: (order[record["case"]], record["seed"])))
    table.write(results.with_suffix(".csv"), select(), table.by_case(known))


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", default="*", help="patterns of ids, kinds or halves, joined by commas")
    parser.add_argument("--seeds", type=int, nargs="+", default=SEEDS)
    parser.add_argument("--jobs", type=int, default=1, help="trainings at a time, one core each")
    parser.add_argument("--caffe", type=Path, help="the caffe executable")
    parser.add_argument("--data", type=Path, default=CACHE, help="where data sets are kept")
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--summary", action="store_true", help="print what is known and stop")
    parser.add_argument("--check", action="store_true", help="only see that Caffe takes each case, two iterations each")
    options = parser.parse_args(argv)
    if options.check:
        for line in check(options.cases, find(options.caffe), options.data.absolute()):
            print(line)
        return 0
    if not options.summary:
        todo = plan(options.cases, options.seeds, options.results)
        label_all(todo, options.results, find(options.caffe), options.data.absolute(), options.jobs)
        tidy(options.results)
    print("\n".join(table.summary(select(), table.by_case(truth.read(options.results)))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
