"""What short probes tell of the corpus, beside what became of it.

python -m studies.verdicts record             # probe every case once, and keep the logs (git does not see them)
python -m studies.verdicts judge              # judge them all, and write results/verdicts.md and .csv
python -m studies.verdicts judge --cases tune --print
python -m studies.verdicts log 'hinge+lr=x10' --rows 39 > one.log
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from autofix.caffe import find
from autofix.health import Judge
from studies.corpus import select
from studies.corpus.materialise import CACHE
from studies.label import RESULTS
from studies.verdicts import probes, study


def main(argv: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(argv)
    if options.command == "record":
        until = time.monotonic() + options.seconds
        caffe, data, folder = find(options.caffe).path, options.data.absolute(), options.probes.absolute()
        recorder = probes.Recorder(caffe, data, folder, until, options.after)
        for line in probes.record(select(options.cases), recorder, options.jobs):
            print(line, flush=True)
        return 0
    if options.command == "log":
        (case,) = select(options.cases)
        print(probes.log_text(case, options.probes, options.rows), end="")
        return 0
    judge = Judge() if options.cap is None else Judge(cap=options.cap, give_up=options.cap)
    found = study.judge(select(options.cases), RESULTS, options.probes, judge)
    text = "\n".join(study.page(found))
    if options.print:
        print(text)
        return 0
    RESULTS.with_name("verdicts.md").write_text(text + "\n")
    study.write_csv(found, RESULTS.with_name("verdicts.csv"))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True, dest="command")
    recording = commands.add_parser("record", help="probe what has no log yet; safe to stop at any time")
    recording.add_argument("--jobs", type=int, default=1, help="probes at a time, one core each")
    recording.add_argument("--caffe", type=Path, help="the caffe executable")
    recording.add_argument("--data", type=Path, default=CACHE, help="where data sets are kept")
    recording.add_argument("--seconds", type=float, default=math.inf, help="begin nothing after so long")
    recording.add_argument("--after", type=int, default=probes.AFTER, help="iterations to keep after the first NaN")
    judging = commands.add_parser("judge", help="judge what has a probe and a label")
    judging.add_argument("--cap", type=int, help="iterations after which a probe ends")
    judging.add_argument("--print", action="store_true", help="print the page, and write nothing")
    logging = commands.add_parser("log", help="print the beginning of a probe's log")
    logging.add_argument("cases", metavar="CASE")
    logging.add_argument("--rows", type=int, default=40, help="iterations")
    for command in (recording, judging):
        command.add_argument("--cases", default="*", help="patterns of ids, kinds or halves, joined by commas")
    for command in (recording, judging, logging):
        command.add_argument("--probes", type=Path, default=probes.HERE, help="where the logs are")
    return parser


if __name__ == "__main__":
    sys.exit(main())
