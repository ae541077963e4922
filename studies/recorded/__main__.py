"""Record the logs that tests read: small trainings on real Caffe, each sick in one known way.

    python -m studies.recorded --caffe build/tools/caffe [--only zero-diffs] [--gpu --into FOLDER]

Each training runs in an empty temporary folder under relative paths, so the logs name no machine. Beside
NAME.log goes NAME.json with what must be read from it, as follows from how the training was made, not from the
reader.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from studies.recorded.cases import CASES, HEALTH_CASES
from studies.recorded.training import record

TESTS = Path(__file__).parents[2] / "tests"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--caffe", default="caffe", help="the caffe executable")
    parser.add_argument("--only", help="record this case alone")
    parser.add_argument("--gpu", action="store_true", help="train on the GPU")
    parser.add_argument("--into", type=Path, help="a folder for the logs alone, in place of the tests' own")
    options = parser.parse_args()
    for case in (*CASES, *HEALTH_CASES):
        if options.only in (None, case.name):
            log = record(case, options.caffe, "GPU" if options.gpu else "CPU")
            if options.into:
                options.into.mkdir(parents=True, exist_ok=True)
                (options.into / f"{case.name}.log").write_text(log)
                continue
            folder = TESTS / case.home / "logs"
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{case.name}.log").write_text(log)
            if case.expected:
                (folder / f"{case.name}.json").write_text(json.dumps(case.expected, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
