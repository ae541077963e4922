"""The results at a glance: one line per case, and figures per kind and per net."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from studies.corpus import NETS, Case
from studies.truth.records import Record
from studies.truth.rule import STABLE

MIXED = "mixed"
Grouped = Mapping[str, Sequence[Record]]


def by_case(found: Iterable[Record]) -> Grouped:
    """Records by case, in the order of their seeds."""
    groups: dict[str, list[Record]] = {}
    for record in sorted(found, key=lambda record: record["seed"]):
        groups.setdefault(record["case"], []).append(record)
    return groups


def verdict(group: Sequence[Record]) -> str:
    """The label that all seeds agree on; "mixed" if they do not."""
    labels = {record["label"] for record in group}
    return labels.pop() if len(labels) == 1 else MIXED


def write(path: Path, cases: Sequence[Case], grouped: Grouped) -> None:
    """One line per case: what it is, what became of it, and for each seed label and iteration of divergence."""
    with path.open("w", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["case", "half", "kind", "verdict", "iterations", "labels", "when"])
        for case in cases:
            if group := grouped.get(case.id):
                labels = " ".join(record["label"] for record in group)
                when = " ".join(str("-" if record["when"] is None else record["when"]) for record in group)
                longest = max(record["iterations"] for record in group)
                table.writerow([case.id, case.half, case.kind, verdict(group), longest, labels, when])


def summary(cases: Sequence[Case], grouped: Grouped) -> Iterator[str]:
    """Verdicts per kind of case, times per net, and the cases that are not what they were meant to be."""
    known = [case for case in cases if case.id in grouped]
    yield "kind         cases  verdicts"
    for kind in dict.fromkeys(case.kind for case in known):
        verdicts = Counter(verdict(grouped[case.id]) for case in known if case.kind == kind)
        yield f"{kind:12s} {verdicts.total():5d}  " + ", ".join(f"{n} {label}" for label, n in verdicts.most_common())
    yield "\nnet          half    data           cases  ms/iteration  runs  minutes"
    for net, (half, data) in NETS.items():
        mine = [record for case in known if case.net == net for record in grouped[case.id]]
        plain = [1000 * record["seconds"] / record["iterations"] for record in grouped.get(net, ())]
        seconds = sum(record["seconds"] for record in mine)
        count = sum(case.net == net for case in known)
        pace = sum(plain) / len(plain) if plain else float("nan")
        yield f"{net:12s} {half:7s} {data:14s} {count:5d} {pace:13.2f} {len(mine):5d} {seconds / 60:8.1f}"
    everything = [record for group in grouped.values() for record in group]
    minutes = sum(record["seconds"] for record in everything) / 60
    yield f"\n{len(everything)} runs, {minutes:.0f} minutes of processor time, Caffe {_builds(everything)}"
    odd = [case for case in known if case.sound and verdict(grouped[case.id]) != STABLE]
    yield f"meant to be sound, but not: {', '.join(case.id for case in odd) or 'none'}"


def _builds(everything: Sequence[Record]) -> str:
    return ", ".join(sorted({record["caffe"] for record in everything}))
