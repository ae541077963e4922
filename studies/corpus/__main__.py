"""Look at the corpus, or write one case to a folder.

python -m studies.corpus list ['lenet*,near-limit']
python -m studies.corpus write CASE FOLDER
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from studies.corpus import materialise, select
from studies.corpus.materialise import CACHE


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True, dest="command")
    listing = commands.add_parser("list")
    listing.add_argument("cases", nargs="?", default="*", help="patterns of ids, kinds or halves, joined by commas")
    writing = commands.add_parser("write")
    writing.add_argument("case")
    writing.add_argument("folder", type=Path)
    writing.add_argument("--data", type=Path, default=CACHE, help="where data sets are kept")
    options = parser.parse_args(argv)
    if options.command == "list":
        for case in select(options.cases):
            print(f"{case.half:7s}{case.kind:12s}{case.data:14s}{case.id}")
        return 0
    found = select(options.case)
    if len(found) != 1:
        parser.error(f"'{options.case}' is {len(found)} cases; see: python -m studies.corpus list")
    materialise(found[0], options.folder, options.data)
    return 0


if __name__ == "__main__":
    sys.exit(main())
