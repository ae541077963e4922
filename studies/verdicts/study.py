"""The judge over all recorded probes, and what is written down of it."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from autofix.health import Judge, View
from studies import truth
from studies.corpus import Case
from studies.verdicts import figures, probes, rivals
from studies.verdicts.facts import Knowledge
from studies.verdicts.outcome import Outcome
from studies.verdicts.replay import replay

HEAD = """# What short probes tell of the corpus

Made by `python -m studies.verdicts`; [verdicts.csv](verdicts.csv) has every case. A verdict is held against the labels
that long trainings got with three seeds ([ground_truth.csv](ground_truth.csv)). "Sound" are those that learned and kept
it with all three; a verdict of diverged, dead or not-learning is right if at least one seed ended so. Thresholds were
set on the half "tune" alone; no net and no data set is in both halves.
"""
TRUTH = """
### Truth by verdict

"data": the look at the data set, before Caffe starts, found what no setting can mend.
"""
KINDS = """
### Precision and recall per kind of case

Of each verdict: how many claims are right of all there are, then how many of the true ones are found. "Iterations" is
the median number that a verdict needed, without those left open at the cap.
"""
OTHERS = """
### Beside other rules

Each is asked whether the training is broken ([rivals.py](../verdicts/rivals.py) says how); one that never says so calls
it fine. Autofix may also leave it open. "Late ones" diverge after 100 iterations or more; "iterations" is the median
over the broken ones that were told.
"""
MISSES = """
### Every miss
"""


@dataclass(frozen=True)
class Study:
    """Outcomes, and what other rules say of the same probes, by rule and case."""

    outcomes: tuple[Outcome, ...]
    others: dict[str, dict[str, int | None]]


def judge(cases: Sequence[Case], results: Path, folder: Path, judge: Judge) -> Study:
    """Judge every case that has a probe and the labels of all seeds."""
    grouped = truth.by_case(truth.read(results))
    knowledge = Knowledge(folder)
    outcomes, others = [], {name: dict[str, "int | None"]() for name in rivals.RULES}
    for case in cases:
        if case.id not in grouped or not probes.log_of(case, folder).exists():
            continue
        known, trace = knowledge.of(case), probes.trace_of(case, folder)
        for name, rule in rivals.RULES.items():
            others[name][case.id] = rule(View(known.facts, trace)) if len(trace) else 0
        if known.problems:
            outcomes.append(Outcome.of(case, grouped[case.id], None, 0, known.problems[0]))
        else:
            said = replay(trace, known.facts, judge)
            outcomes.append(Outcome.of(case, grouped[case.id], said.verdict, said.iterations, said.why))
    knowledge.save()
    return Study(tuple(outcomes), others)


def page(study: Study) -> Iterator[str]:
    """The results as a page, the reported half first."""
    yield HEAD
    for half in ("report", "tune"):
        found = [one for one in study.outcomes if one.case.half == half]
        if not found:
            continue
        yield f"## Half: {half}, {len(found)} cases\n"
        yield from figures.aims(found)
        yield TRUTH
        yield from figures.confusion(found)
        yield KINDS
        yield from figures.per_kind(found)
        yield OTHERS
        yield from figures.compared(found, study.others)
        yield MISSES
        yield from figures.misses(found)
        yield ""


def write_csv(study: Study, path: Path) -> None:
    """One line per case."""
    with path.open("w", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["case", "half", "kind", "truth", "when", "verdict", "iterations", "miss", "why"])
        for one in study.outcomes:
            said = one.said.value if one.said else "data"
            when = "" if one.when is None else one.when
            table.writerow(
                [one.case.id, one.case.half, one.case.kind, one.truth, when, said, one.iterations, one.miss, one.why]
            )
