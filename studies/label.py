"""Label the corpus: train every case with plain Caffe, long, and write down what became of it.

python -m studies.label                       # what is not labelled yet; safe to stop at any time
python -m studies.label --cases 'lenet*,near-limit' --seeds 1
python -m studies.label --jobs 14 --seconds 200 --results part.jsonl   # on another machine; what is there is known
python -m studies.label --merge part.jsonl    # and home again
python -m studies.label --again --cases 'resnet*'  # after a change of the rule
python -m studies.label --summary             # nothing is run
"""

from __future__ import annotations

import argparse
import math
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from autofix.caffe import Caffe, find
from studies import truth
from studies.corpus import Case, materialise, select
from studies.corpus.materialise import CACHE
from studies.truth import machine, records, table, training
from studies.truth.rule import CANNOT_RUN

HERE = Path(__file__).parent
RESULTS = HERE / "results" / "ground_truth.jsonl"
SEEDS = (1, 2, 3)
Labelled: TypeAlias = records.Record | str


@dataclass(frozen=True)
class Work:
    """What labelling needs besides the case; goes to other processes.

    Args:
        cache: where data sets are kept.
        until: ``time.monotonic()`` after which nothing is begun and what runs is given up.
    """

    caffe: Caffe
    cache: Path
    until: float = math.inf

    def __call__(self, case: Case, seed: int) -> Labelled:
        """Label one run; in words why there is no label, so that the others can go on."""
        left = self.until - time.monotonic()
        if left <= 0:
            return "the time is up"
        try:
            return label(case, seed, self.caffe, self.cache, min(left, training.LONGEST))
        except (ValueError, TimeoutError) as error:
            return str(error)


def label(case: Case, seed: int, caffe: Caffe, cache: Path, longest: float = training.LONGEST) -> records.Record:
    """Train one case with one seed in a temporary folder, for ``longest`` seconds at most; the line for the results."""
    with tempfile.TemporaryDirectory(prefix="label-") as name:
        folder = Path(name)
        made = materialise(case, folder, cache)
        run = training.train(caffe.path, folder, seed, longest)
        settled = truth.settle(caffe.path, folder, made, run, truth.constant_answer(made))
    found, known = settled.truth, settled.known
    short = records.rounded
    return {
        "case": case.id,
        "seed": seed,
        "label": found.label,
        "why": found.why if found.label != CANNOT_RUN else f"{found.why}: {run.complaint}",
        "when": found.when,
        "iterations": len(run.losses),
        "seconds": round(run.seconds, 2),
        "constant": short(known.constant),
        "start": short(found.start),
        "best": short(found.best),
        "end": short(found.end),
        "spread": short(known.spread),
        **({} if known.deployed is None else {"deployed": short(known.deployed)}),
        "test": {name: short(value) for name, value in run.tests.items()},
        "curve": records.thinned(run.curve),
        "caffe": machine.build(caffe),
        "processor": machine.processor(),
    }


def label_all(todo: Sequence[tuple[Case, int]], results: Path, work: Work, jobs: int) -> None:
    """Label what is to do, with a line of progress each."""
    for done, (case, seed, found) in enumerate(_in_turn(todo, work, jobs), 1):
        where = f"{done}/{len(todo)} {case.id} seed {seed}"
        if isinstance(found, str):
            print(f"{where} has no label: {found}", flush=True)
            continue
        records.append(results, found)
        facts = f"{found['label']}, {found['why']}" + (f" at {found['when']}" if found["when"] else "")
        print(f"{where}: {facts} ({found['seconds']} s)", flush=True)


def _in_turn(todo: Sequence[tuple[Case, int]], work: Work, jobs: int) -> Iterator[tuple[Case, int, Labelled]]:
    """What came of each, as it comes; in processes of their own, since reading many logs is work too."""
    if jobs == 1:
        yield from ((case, seed, work(case, seed)) for case, seed in todo)
        return
    with ProcessPoolExecutor(jobs) as pool:
        futures = {pool.submit(work, case, seed): (case, seed) for case, seed in todo}
        try:
            for future in as_completed(futures):
                yield *futures[future], future.result()
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


def plan(
    pattern: str, seeds: Sequence[int], results: Path, longest_first: bool = False, again: bool = False
) -> list[tuple[Case, int]]:
    """What is not labelled yet: by seed, sound cases and the half for tuning first.

    Args:
        again: what is labelled, too.
        longest_first: those first whose nets took longest so far, so that none is left alone at the end.
    """
    found = truth.read(results)
    known = set() if again else {(record["case"], record["seed"]) for record in found}
    order = sorted(select(pattern), key=lambda case: (not case.sound, case.half != "tune"))
    todo = [(case, seed) for seed in seeds for case in order if (case.id, seed) not in known]
    if not longest_first:
        return todo
    net_of = {case.id: case.net for case in select()}
    longest: dict[str, float] = {}
    for record in found:
        net = net_of.get(record["case"], "")
        longest[net] = max(record["seconds"], longest.get(net, 0.0))
    return sorted(todo, key=lambda pair: -longest.get(pair[0].net, math.inf))


def merge(results: Path, others: Sequence[Path], again: bool = False) -> Iterator[str]:
    """Take in what other files of results know besides; a line on each run that two of them label differently.

    Args:
        again: what they know takes the place of what was known.
    """
    known = {(record["case"], record["seed"]): record for record in truth.read(results)}
    for other in others:
        for record in truth.read(other):
            key = (record["case"], record["seed"])
            mine = known.setdefault(key, record)
            if mine["label"] != record["label"]:
                old, new = mine["label"], record["label"]
                kept = f"{new}, of {other}, takes the place of {old}" if again else f"{old} is kept, {other} has {new}"
                yield f"{record['case']} seed {record['seed']}: {kept}"
            if again:
                known[key] = record
    records.write(results, known.values())


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
    parser.add_argument("--jobs", type=int, default=1, help="trainings at a time, one core each, the longest first")
    parser.add_argument("--caffe", type=Path, help="the caffe executable")
    parser.add_argument("--data", type=Path, default=CACHE, help="where data sets are kept")
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--seconds", type=float, default=math.inf, help="stop after so long; what is done is kept")
    parser.add_argument(
        "--again", action="store_true", help="label anew what is labelled already; with --merge, take it"
    )
    parser.add_argument("--merge", type=Path, nargs="+", metavar="FILE", help="take in other results; runs nothing")
    parser.add_argument("--summary", action="store_true", help="print what is known and stop")
    parser.add_argument("--check", action="store_true", help="only see that Caffe takes each case, two iterations each")
    options = parser.parse_args(argv)
    if options.check:
        for line in check(options.cases, find(options.caffe), options.data.absolute()):
            print(line)
        return 0
    if options.merge:
        for line in merge(options.results, options.merge, options.again):
            print(line)
        tidy(options.results)
    elif not options.summary:
        todo = plan(options.cases, options.seeds, options.results, options.jobs > 1, options.again)
        until = time.monotonic() + options.seconds
        label_all(todo, options.results, Work(find(options.caffe), options.data.absolute(), until), options.jobs)
        tidy(options.results)
    print("\n".join(table.summary(select(), table.by_case(truth.read(options.results)))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
