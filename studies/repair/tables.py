"""The figures, from the results."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from studies.repair.facts import Repair, Results
from studies.repair.methods import METHODS
from studies.repair.work import OURS
from studies.truth.records import Record
from studies.truth.rule import STABLE

GOOD = 0.99  # of the skill of the unbroken original, on average over the seeds


def line(record: Record) -> str:
    """One result on one line."""
    head = f"{record['case']} {record['method']}"
    proof = record.get("proof")
    told = f" plain Caffe: {' '.join(proof['labels'])}, skill {proof['skills']}" if proof else ""
    if "result" not in record:
        return f"{head}:{told}"
    if "trials" not in record:
        return f"{head}: {record['result']}: {record['why']}"
    cost = f"fix at trial {record['trials_to_fix']} of {record['trials']}, {record['iterations']} iterations"
    return f"{head}: {record['result']}, {cost}, {record['knobs']}{told}"


def tables(lines: Sequence[Record]) -> Iterator[str]:
    """All tables, in Markdown."""
    results = Results(lines)
    yield from _methods(results)
    yield ""
    yield from _kinds(results)
    yield ""
    yield from _sound(results)
    yield ""
    yield from _misses(results)
    yield ""
    yield from _margins(results)
    yield ""
    shares = [
        100 * line["own_cpu"] / line["caffe_cpu"] for line in lines if line["method"] == OURS and line.get("caffe_cpu")
    ]
    yield f"Autofix's own processor time, in percent of Caffe's: {_spread(shares)}."


def _methods(results: Results) -> Iterator[str]:
    """Autofix beside its rivals, on the broken cases that every method was tried on; then on all it was tried on."""
    ways = [way for way in METHODS if results.of(way)]
    shared = results.shared(ways)
    yield "| method | cases | repaired | trials | iterations | Caffe / training | changes | false fixes | as good |"
    yield "| --- | --: | --: | --: | --: | --: | --: | --: | --: |"
    for way in ways:
        yield _row(METHODS[way].told, [results.repair(way, case) for case in shared])
    for way in ways:
        every = results.of(way)
        if len(every) > len(shared):
            yield _row(f"{METHODS[way].told}, all its cases", every)


def _row(name: str, repairs: Sequence[Repair]) -> str:
    fixed = [one for one in repairs if one.repaired]
    proved = [one for one in fixed if one.labels]
    runs = sum(len(one.labels) for one in proved)
    false = sum(label != STABLE for one in proved for label in one.labels)
    good = [one.quality >= GOOD for one in proved if one.quality is not None]
    cells = (
        name,
        str(len(repairs)),
        _share(len(fixed), len(repairs)),
        _spread([one.trials for one in fixed]),
        _spread([one.iterations for one in fixed]),
        _spread([one.cost for one in repairs if one.cost is not None], 2),
        _spread([one.changes for one in fixed]),
        f"{false} of {runs}",
        _share(sum(good), len(good)),
    )
    return f"| {' | '.join(cells)} |"


def _kinds(results: Results) -> Iterator[str]:
    """What Autofix repairs, by kind of fault."""
    yield "| kind of fault | cases | repaired | trials | as good as the original |"
    yield "| --- | --: | --: | --: | --: |"
    every = results.of("autofix")
    for kind in dict.fromkeys(one.kind for one in every):
        mine = [one for one in every if one.kind == kind]
        fixed = [one for one in mine if one.repaired]
        good = [one.quality >= GOOD for one in fixed if one.quality is not None]
        trials = _spread([one.trials for one in fixed])
        cells = (kind, str(len(mine)), _share(len(fixed), len(mine)), trials, _share(sum(good), len(good)))
        yield f"| {' | '.join(cells)} |"


def _sound(results: Results) -> Iterator[str]:
    """Trainings that plain Caffe trains well: they are to be left alone. Data that no setting mends: to be told."""
    sound, left = results.sound(), results.left_alone()
    yield f"Sound trainings left alone: {len(left)} of {len(sound)}."
    yield from (f"- changed: {one.case} ({one.result}: {one.knobs})" for one in sound if one not in left)
    told, hopeless = results.told(), results.hopeless()
    yield f"Trainings whose data is at fault, told without a search: {len(told)} of {len(hopeless)}."
    yield from (f"- {one.case}: {one.result} after {one.used} trials: {one.why}" for one in hopeless if one not in told)


def _misses(results: Results) -> Iterator[str]:
    """The broken trainings that Autofix did not repair, repaired wrongly, or less well than they were."""
    yield "What Autofix missed:"
    for one in results.of("autofix"):
        if not one.repaired:
            yield f"- {one.case}: {one.result} after {one.used} trials: {one.why}"
        elif any(label != STABLE for label in one.labels):
            yield f"- {one.case}: fixed by {one.knobs}, but plain Caffe: {', '.join(one.labels)}"
        elif one.quality is not None and one.quality < GOOD:
            yield f"- {one.case}: fixed by {one.knobs}, with {one.quality:.1%} of the original's skill"


def _margins(results: Results) -> Iterator[str]:
    """Does surviving twice the base_lr foretell the long run?"""
    yield "| at twice the base_lr | fixes | runs of plain Caffe | of which lost |"
    yield "| --- | --: | --: | --: |"
    for told, holds in (("survives", True), ("is lost", False)):
        mine = [one for one in results.stable() if one.margin is holds and one.labels]
        labels = [label for one in mine for label in one.labels]
        yield f"| {told} | {len(mine)} | {len(labels)} | {sum(label != STABLE for label in labels)} |"


def _share(count: int, of: int) -> str:
    return f"{count} ({count / of:.0%})" if of else "-"


def _spread(values: Sequence[float], digits: int = 0) -> str:
    """Median and, in brackets, the quartiles and the worst."""
    if not values:
        return "-"
    low, middle, high = np.percentile(values, (25, 50, 75))
    numbers = [f"{number:,.{digits}f}" for number in (middle, low, high, max(values))]
    return f"{numbers[0]} [{numbers[1]}-{numbers[2]}; {numbers[3]}]"
