"""How often the first thing that `autofix diagnose` advises would mend the training: the corpus's faults are known.

python -m studies.advice            # over the probes of `studies.verdicts record`; writes results/advice.md
python -m studies.advice --print    # and every case in which another thing came first

Each recorded probe is diagnosed twice: as it is, and without its debug_info lines. Advice is right if it is of a kind
that takes back one of the case's faults.
"""

from __future__ import annotations

import argparse
import csv
import lzma
import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from autofix.debuginfo import Reader, TraceBuilder
from autofix.debuginfo.bulk import BulkReader
from autofix.report.diagnosis import diagnose
from studies.corpus import Case, select
from studies.label import RESULTS
from studies.verdicts import probes

BLOB = re.compile(rb"^.*\[(?:Forward|Backward)\] .*\n", re.MULTILINE)
KINDS = {  # of advice, by how it reads; the first that fits counts
    "more": r"^put `debug_info",
    "data": r"^look at the (data|labels)|^mend the data",
    "statistics": r"use_global_stats",
    "sizes": r"scale the targets, or",
    "target": r"scale the targets",
    "input": r"scale the input|the size of the input|^draw smaller weights, or",
    "filler": r"^draw|weights at random|smaller weights|larger weights",
    "loss": r"loss_weight",
    "momentum": r"momentum to",
    "decay": r"weight_decay to",
    "bias": r"biases",
    "clip": r"clip_gradients",
    "schedule": r"set gamma|a max_iter|mend \w+ in the solver",
    "faster": r"raise base_lr",
    "rate": r"(lower|leave) base_lr|smaller steps",
}
FAULTS = {  # what takes back a fault, by its name
    **dict.fromkeys(("unscaled", "no-mean", "data", "scale"), ("input", "sizes")),
    "target": ("target", "sizes"),
    **dict.fromkeys(("std", "msra", "xavier", "default-std", "no-filler", "constant", "activation"), ("filler",)),
    "loss-weight": ("loss", "rate"),
    "momentum": ("momentum", "rate"),
    "decay": ("decay",),
    "bias": ("bias",),
    "batch": ("rate",),
    "schedule": ("rate", "schedule"),
    "margin": ("rate", "target"),
    "global-stats": ("statistics",),
    **dict.fromkeys(("nan-record", "inf-record", "labels", "outlier", "rare", "shuffled-labels"), ("data",)),
}
AUTOENCODERS = ("autoencoder", "squeeze")  # their data are their targets
ANSWERS = ("first", "later", "more", "other", "none")
HEAD = """# What diagnose advises

Made by `python -m studies.advice`, over the probes of all trainings of the corpus that are not stable and learning with
all three seeds ([ground_truth.csv](ground_truth.csv)).

- First: what is advised first takes back one of the faults that the case has.
- Later: something that is advised after that does.
- More: all that is asked for is a log with debug_info.
- Other: nothing that is advised takes back a fault.
- None: nothing is advised, mostly as the probe had not gone wrong yet.

The order of the advice, and the rules for logs without debug_info, were made with both halves of the corpus in view.
"""
HALVES = ("tune", "report")


@dataclass(frozen=True, slots=True)
class Advised:
    """What was advised on a case."""

    case: Case
    kinds: tuple[str, ...]
    answer: str


def right(case: Case) -> frozenset[str]:
    """The kinds of advice that take back a fault of ``case``."""
    found = set[str]()
    for fault in case.faults:
        name, _, value = fault.partition("@")[0].partition("=")
        if name == "lr":
            found.add("rate" if float(value.removeprefix("x")) > 1 else "faster")
        else:
            found.update(FAULTS.get("target" if fault == "raw=target" else "data" if name == "raw" else name, ()))
    if case.net in AUTOENCODERS and "input" in found:
        found.add("target")
    return frozenset(found)


def kind(advice: str) -> str:
    """The kind of one piece of advice."""
    return next((name for name, pattern in KINDS.items() if re.search(pattern, advice)), "?")


def advised(case: Case, log: bytes) -> Advised:
    """Diagnose ``log``."""
    builder = TraceBuilder()
    bulk = BulkReader(builder, Reader())
    bulk.feed(log)
    bulk.close()
    kinds = tuple(map(kind, diagnose(builder.trace(), case.id).diagnosis.advice))
    return Advised(case, kinds, _answer(kinds, right(case)))


def _answer(kinds: Sequence[str], wanted: frozenset[str]) -> str:
    if not kinds:
        return "none"
    if kinds[0] in wanted:
        return "first"
    return "later" if wanted.intersection(kinds) else "more" if set(kinds) == {"more"} else "other"


def study(cases: Sequence[Case], folder: Path) -> dict[str, list[Advised]]:
    """What is advised on each of ``cases`` that has a probe, with debug_info and without."""
    found: dict[str, list[Advised]] = {"with debug_info": [], "without debug_info": []}
    for case in cases:
        if probes.log_of(case, folder).exists():
            log = lzma.decompress(probes.log_of(case, folder).read_bytes())
            for name, text in zip(found, (log, BLOB.sub(b"", log)), strict=True):
                found[name].append(advised(case, text))
    return found


def broken() -> Iterator[Case]:
    """The cases that were not stable with all seeds."""
    with RESULTS.with_name("ground_truth.csv").open(newline="") as file:
        sick = {row["case"] for row in csv.DictReader(file) if row["verdict"] != "stable-and-learning"}
    return (case for case in select("*") if case.id in sick)


def page(found: dict[str, list[Advised]]) -> Iterator[str]:
    """The results as a page."""
    yield HEAD
    for name, answers in found.items():
        yield from (f"## {name[0].upper()}{name[1:]}", "")
        yield from (f"| kind of case | cases | {' | '.join(ANSWERS)} |", f"| --- |{' --: |' * (len(ANSWERS) + 1)}")
        groups = {
            "all": answers,
            **{f"half {half}": [one for one in answers if one.case.half == half] for half in HALVES},
        }
        for group in dict.fromkeys(one.case.kind for one in answers):
            groups[group] = [one for one in answers if one.case.kind == group]
        for group, members in groups.items():
            count = Counter(one.answer for one in members)
            yield f"| {group} | {len(members)} | {' | '.join(str(count[answer]) for answer in ANSWERS)} |"
        yield ""


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--print", action="store_true", help="print the page and what was not right at first")
    parser.add_argument("--probes", type=Path, default=probes.HERE, help="where the logs are")
    options = parser.parse_args(argv)
    found = study(tuple(broken()), options.probes)
    text = "\n".join(page(found))
    if not options.print:
        RESULTS.with_name("advice.md").write_text(text)
        return 0
    print(text)
    for name, answers in found.items():
        for one in answers:
            if one.answer != "first":
                print(f"{name}: {one.case.id}: {one.answer}: {', '.join(one.kinds)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
