"""Repair the corpus with Autofix and its rivals, and prove every repair by plain Caffe on unseen seeds.

python -m studies.repair                                     # the whole corpus, every method: hours
python -m studies.repair --sample 60 --jobs 2                # so many cases, spread over nets and kinds of faults
python -m studies.repair --cases 'lenet*' --methods autofix  # some
python -m studies.repair --jobs 15 --seconds 280 --results part.jsonl   # on another machine, for so long
python -m studies.repair --merge part.jsonl                  # and home again
python -m studies.repair --table                             # the tables of docs/figures.md; nothing is run

What is in the results is not done again: stop it at any time, start it again.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

from autofix.caffe import find
from studies.corpus.materialise import CACHE
from studies.repair import tables
from studies.repair.methods import METHODS
from studies.repair.plan import plan
from studies.repair.work import Bench, Task
from studies.truth import records
from studies.truth.records import Record

RESULTS = Path(__file__).parents[1] / "results" / "repair.jsonl"
DEFAULT = ("autofix", "tpe", "random", "tenth", "range")


def run(tasks: Sequence[Task], bench: Bench, jobs: int) -> Iterator[Record]:
    """What came of each, as it comes; in processes of their own, for their processor time is what is measured."""
    with ProcessPoolExecutor(jobs) as pool:
        futures = {pool.submit(bench, task): task for task in tasks}
        try:
            for future in as_completed(futures):
                try:
                    found = future.result()
                except (ValueError, TimeoutError, OSError) as error:  # the others can go on
                    print(f"{futures[future].key}: {type(error).__name__}: {error}", flush=True)
                    continue
                if found is not None:
                    yield found
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", default="*", help="patterns of ids, kinds or halves, joined by commas")
    parser.add_argument("--sample", type=int, help="so many of them, spread evenly over nets and kinds")
    parser.add_argument("--rivals", type=int, help="only so many broken cases are given to the other methods too")
    parser.add_argument("--shard", default="1/1", help="only each n-th task from the k-th on: k/n")
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=list(DEFAULT))
    parser.add_argument("--seeds", type=int, nargs="+", default=[1], help="of the searches")
    parser.add_argument("--jobs", type=int, default=1, help="searches at a time, one core each")
    parser.add_argument("--seconds", type=float, default=math.inf, help="stop after so many, what runs included")
    parser.add_argument("--caffe", type=Path, help="the caffe executable")
    parser.add_argument("--data", type=Path, default=CACHE, help="where data sets are kept")
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--merge", type=Path, nargs="+", help="add the lines of these files and stop")
    parser.add_argument("--table", action="store_true", help="print the tables and stop")
    options = parser.parse_args(argv)
    known = {(one["case"], one["method"], one["seed"]) for one in records.read(options.results)}
    if options.merge:
        for path in options.merge:
            for record in records.read(path):
                if (record["case"], record["method"], record["seed"]) not in known:
                    records.append(options.results, record)
        return 0
    if not options.table:
        tasks = plan(options.cases, options.sample, options.methods, options.seeds, options.shard, options.rivals)
        todo = [task for task in tasks if task.key not in known]
        bench = Bench(find(options.caffe), options.data.absolute(), time.time() + options.seconds)
        for done, record in enumerate(run(todo, bench, options.jobs), 1):
            records.append(options.results, record)
            print(f"{done}/{len(todo)} {tables.line(record)}", flush=True)
        return 0
    print("\n".join(tables.tables(records.read(options.results))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
