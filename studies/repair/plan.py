"""What is run, and in which order."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence

from studies.corpus import Case, cases, select
from studies.repair.work import ORIGINAL, OURS, WRITTEN, Task

UNMENDABLE = ("data", "test-only")  # kinds of cases in which the data is at fault, or nothing in the training
# Faults that need a person's hand.
HAND = ("no-max-iter", "schedule=step-without-stepsize", "schedule=exp-growing", "global-stats")
ORDER_SEED = 6  # of the order in which the cases of a net and a kind are taken


def mendable(case: Case) -> bool:
    """Whether a setting that Autofix may change can repair the case."""
    return case.kind not in UNMENDABLE and not set(case.faults) & set(HAND)


def spread(cases: Sequence[Case]) -> list[Case]:
    """The cases in an order of which every beginning is spread over nets and kinds of faults.

    In each round every net gives one case, of the kind that it has given least so far.
    """
    chance = random.Random(ORDER_SEED)
    left: dict[str, list[Case]] = defaultdict(list)
    for case in cases:
        left[case.net].append(case)
    for group in left.values():
        chance.shuffle(group)
    given: dict[str, int] = defaultdict(int)
    order: list[Case] = []
    while any(left.values()):
        nets = [net for net, group in left.items() if group]
        chance.shuffle(nets)
        for net in nets:
            case = min(left[net], key=lambda case: given[case.kind])
            left[net].remove(case)
            given[case.kind] += 1
            order.append(case)
    return order


def plan(
    pattern: str, sample: int | None, methods: Sequence[str], seeds: Sequence[int], shard: str, rivals: int | None
) -> list[Task]:
    """The tasks: of each case, plain trainings as written and of its original, then every method with every seed.

    Args:
        rivals: broken cases, the first of the order, on which the other methods are tried besides Autofix.
    """
    tasks: dict[Task, None] = {}
    left = len(cases()) if rivals is None else rivals
    for case in spread(select(pattern))[:sample]:
        tasks[Task(case, WRITTEN)] = None
        ways = methods
        # What rivals make of a sound case, or of data that no setting can mend, tells nothing.
        if case.sound or not mendable(case) or not left:
            ways = [way for way in methods if way == OURS]
        else:
            left -= 1
        if not case.sound:
            tasks[Task(case.original, ORIGINAL)] = None
        tasks |= dict.fromkeys(Task(case, way, seed) for seed in seeds for way in ways)
    first, count = map(int, shard.split("/"))
    return list(tasks)[first - 1 :: count]
