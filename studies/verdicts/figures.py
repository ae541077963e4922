"""Figures over outcomes: precision and recall of each verdict, iterations needed, the aims, the misses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence, Set
from statistics import median

from autofix.health import Verdict
from studies.corpus import SOUND
from studies.truth.rule import CANNOT_RUN, DEAD, DIVERGED, LABELS, NOT_LEARNING, STABLE
from studies.verdicts.outcome import Outcome

CLASSES = {  # name: the verdicts, the labels
    "stable": ((Verdict.STABLE,), (STABLE,)),
    "diverged": ((Verdict.DIVERGED, Verdict.EXPLODING), (DIVERGED,)),
    "does not learn": ((Verdict.DEAD, Verdict.NOT_LEARNING), (DEAD, NOT_LEARNING)),
    "cannot run": ((Verdict.FAILED,), (CANNOT_RUN,)),
}
Rows = Iterator[str]


def aims(found: Sequence[Outcome]) -> Rows:
    """What the verdicts must never do, and how quick they are."""
    bad = [one for one in found if not one.sound]
    stable = [one.iterations for one in found if one.said is Verdict.STABLE and one.sound]
    diverged = [one.iterations for one in found if DIVERGED in one.labels and one.said in CLASSES["diverged"][0]]
    yield "| aim | of | found |"
    yield "| --- | --- | --- |"
    for label in (DIVERGED, DEAD, NOT_LEARNING):
        mine = [one for one in bad if label in one.labels]
        yield f"| {label} called stable: none | {len(mine)} | {sum(one.said is Verdict.STABLE for one in mine)} |"
    late = [one for one in bad if one.late]
    yield f"| late failure called stable: none | {len(late)} | {sum(one.said is Verdict.STABLE for one in late)} |"
    sound = [one for one in found if one.sound]
    yield f"| sound called broken: none | {len(sound)} | {sum(one.called_broken for one in sound)} |"
    yield f"| iterations to stable, median: at most 40 | {len(stable)} | {_median(stable)} |"
    yield f"| iterations to diverged, median: at most 5 | {len(diverged)} | {_median(diverged)} |"


def confusion(found: Sequence[Outcome]) -> Rows:
    """Truth by verdict."""
    said = [*Verdict, None]
    yield "| truth | cases | " + " | ".join(name.value if name else "data" for name in said) + " |"
    yield "| --- " * (len(said) + 2) + "|"
    for truth in (*LABELS, "mixed"):
        mine = Counter(one.said for one in found if one.truth == truth)
        if mine:
            yield f"| {truth} | {mine.total()} | " + " | ".join(str(mine[name] or "") for name in said) + " |"


def per_kind(found: Sequence[Outcome]) -> Rows:
    """Precision and recall of each verdict, per kind of case and over all."""
    yield "| kind | cases | " + " | ".join(CLASSES) + " | left open | iterations |"
    yield "| --- " * (len(CLASSES) + 4) + "|"
    groups: dict[str, list[Outcome]] = {"all": list(found)}
    for one in found:
        groups.setdefault("sound" if one.case.kind in SOUND else one.case.kind, []).append(one)
    for kind, group in groups.items():
        cells = [_precision_recall(group, *pair) for pair in CLASSES.values()]
        closed = [one.iterations for one in group if not one.open and one.said is not None]
        opened = sum(one.open for one in group)
        yield f"| {kind} | {len(group)} | {' | '.join(cells)} | {opened or ''} | {_median(closed)} |"


def compared(found: Sequence[Outcome], others: Mapping[str, Mapping[str, int | None]]) -> Rows:
    """The judge beside other rules, each asked one question: is this training broken?

    Args:
        others: by rule and case, after how many iterations it says so; None for never, which is taken for "fine".
    """
    yield "| who | broken: told | broken: called fine | late ones: called fine | sound: called broken | iterations |"
    yield "| --- | --- | --- | --- | --- | --- |"
    told = {one.case.id: one.iterations for one in found if one.called_broken}
    fine = {one.case.id for one in found if one.said is Verdict.STABLE}
    yield _compared("Autofix", found, told, fine)
    for name, says in others.items():
        told = {case: at for case, at in says.items() if at is not None}
        yield _compared(name, found, told, says.keys() - told.keys())


def _compared(name: str, found: Sequence[Outcome], told: Mapping[str, int], fine: Set[str]) -> str:
    bad, sound = [one for one in found if not one.sound], [one for one in found if one.sound]
    cells = [
        _share([one.case.id in told for one in bad]),
        _share([one.case.id in fine for one in bad]),
        _share([one.case.id in fine for one in bad if one.late]),
        _share([one.case.id in told for one in sound]),
        _median([told[one.case.id] for one in bad if one.case.id in told]),
    ]
    return f"| {name} | {' | '.join(cells)} |"


def misses(found: Sequence[Outcome]) -> Rows:
    """Every case whose verdict is wrong or left open, the worst first."""
    order = ("called stable", "called broken", "another kind of broken", "left open")
    yield "| what | case | truth | when | verdict | after | why |"
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    for one in sorted((one for one in found if one.miss), key=lambda one: order.index(one.miss)):
        truth = one.truth if not one.mixed else " ".join(one.labels)
        said = one.said.value if one.said else "data"
        when = "" if one.when is None else one.when
        yield f"| {one.miss} | {one.case.id} | {truth} | {when} | {said} | {one.iterations} | {one.why} |"


def _precision_recall(group: Sequence[Outcome], verdicts: Sequence[Verdict], labels: Sequence[str]) -> str:
    claimed = [one for one in group if one.said in verdicts]
    true = [one for one in group if one.truth in labels]
    if not claimed and not true:
        return ""
    right = sum(one.right for one in claimed)
    precision = f"{right}/{len(claimed)}" if claimed else "-"
    recall = f"{sum(one.said in verdicts for one in true)}/{len(true)}" if true else "-"
    return f"{precision}, {recall}"


def _share(answers: Sequence[bool]) -> str:
    return f"{sum(answers)} of {len(answers)} ({100 * sum(answers) / len(answers):.0f} %)" if answers else "-"


def _median(values: Sequence[int]) -> str:
    return f"{median(values):g}" if values else "-"
