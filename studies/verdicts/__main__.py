"""What short probes tell of the corpus, beside what became of it.

python -m studies.verdicts record             # probe every case once, and keep the logs (git does not see them)
python -m studies.verdicts record --jobs 14 --cases tune
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from autofix.caffe import find
from studies.corpus import select
from studies.corpus.materialise import CACHE
from studies.verdicts import probes


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True, dest="command")
    recording = commands.add_parser("record", help="probe what has no log yet; safe to stop at any time")
    recording.add_argument("--cases", default="*", help="patterns of ids, kinds or halves, joined by commas")
    recording.add_argument("--jobs", type=int, default=1, help="probes at a time, one core each")
    recording.add_argument("--caffe", type=Path, help="the caffe executable")
    recording.add_argument("--data", type=Path, default=CACHE, help="where data sets are kept")
    recording.add_argument("--probes", type=Path, default=probes.HERE, help="where the logs go")
    recording.add_argument("--seconds", type=float, default=math.inf, help="begin nothing after so long")
    options = parser.parse_args(argv)
    until = time.monotonic() + options.seconds
    caffe = find(options.caffe).path
    recorder = probes.Recorder(caffe, options.data.absolute(), options.probes.absolute(), until)
    for line in probes.record(select(options.cases), recorder, options.jobs):
        print(line, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
