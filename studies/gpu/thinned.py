"""What probes would still tell if Caffe showed only every k-th iteration, and what that would cost and save.

Caffe prints debug_info in the iterations it displays, and pays for it in these alone: with `display: k` a probe saves
1 - 1/k of the price. The recorded probes (`python -m studies.verdicts record`) show each iteration. Thinned to every
k-th they are what a probe with `display: k` would have logged, since displaying changes nothing in a training. They are
judged as `python -m studies.verdicts judge` does, in two ways:

- by the judge as it is, which counts what it was shown;
- by one whose waits are as long in iterations as ever, so k times shorter in what it is shown. Its samples, which
  medians and means are over, stay as large: of a few numbers no mean is certain.

"Loss alone" is another cheaper way: every loss, and no debug_info at all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil
from pathlib import Path

import numpy as np

from autofix.debuginfo import Trace, first_bad
from autofix.health import Facts, Judge, Verdict
from autofix.health.rulings import Still
from studies import truth
from studies.corpus import Case
from studies.verdicts import probes
from studies.verdicts.facts import Knowledge
from studies.verdicts.figures import CLASSES
from studies.verdicts.outcome import Outcome
from studies.verdicts.replay import replay

STEPS = (1, 2, 3, 5, 10)
PRICE = 0.23  # of an iteration without it: what debug_info costs LeNet on an H200 (`python -m studies.gpu speed`)
WRONG = ("called stable", "called broken", "another kind of broken", "left open")
HEAD = """# Probes that show every k-th iteration only

Made by `python -m studies.gpu thinned` from {cases} recorded probes; the docstring of its module says how. The first
four columns are misses. "Lost" had a right verdict with k = 1 and has none now; "gained" is the other way round.
"Iterations" are those of all probes together, up to their verdicts or the cap. "Cost" is the time they take, as a share
of that with k = 1, for a net that pays {price:.0f} % for debug_info, as LeNet does on an H200: iterations x
(1 + {share:g}/k).
"""
CLAIMED = """
Right claims of all there are, by verdict:
"""
LOST = """
The lost ones, what they were and what they are:
"""


@dataclass(frozen=True)
class Way:
    """One way to probe: what is shown of a training, and who judges it."""

    name: str
    judge: Judge
    step: int = 1
    blobs: bool = True

    def cost(self, iterations: int) -> float:
        """Time of so many iterations, in iterations without debug_info."""
        return iterations * (1 + (PRICE / self.step if self.blobs else 0.0))


def ways(judge: Judge) -> Iterator[Way]:
    """All ways that are compared; the first is what Autofix does."""
    for step in STEPS:
        fewer = replace(judge, cap=ceil(judge.cap / step), give_up=ceil(judge.give_up / step))
        yield Way(f"k = {step}", fewer, step)
        if step > 1:
            yield Way(f"k = {step}, shorter waits", hasty(fewer, step), step)
    yield Way("loss alone", judge, blobs=False)


def hasty(judge: Judge, step: int) -> Judge:
    """A judge who waits as many iterations, where only every ``step``-th is shown."""
    stable, prospects = judge.stable, judge.prospects
    return replace(
        judge,
        least=ceil(judge.least / step),
        bad=tuple(
            replace(rule, patience=ceil(rule.patience / step), rising=rule.rising * step)
            if isinstance(rule, Still)
            else rule
            for rule in judge.bad
        ),
        stable=replace(stable, settle=ceil(stable.settle / step), memories=stable.memories / step),
        prospects=replace(prospects, patience=ceil(prospects.patience / step), rising=prospects.rising * step),
    )


def thinned(trace: Trace, way: Way) -> Trace:
    """The trace as the log would have shown it."""
    shown = trace.at(np.flatnonzero(trace.iterations % way.step == 0))
    if not way.blobs:
        shown = shown.at(slice(None), np.zeros(0, dtype=np.intp))
    cut = shown.partial
    return shown if cut is None or (way.blobs and cut.iteration % way.step == 0) else replace(shown, partial=None)


def shows(trace: Trace, step: int) -> bool:
    """Whether a log that was stopped soon after its first bad number goes on to the next displayed iteration."""
    bad = first_bad(trace)
    if bad is None or trace.fatal is not None or trace.finished:
        return True
    shown = trace.iterations[trace.iterations % step == 0]
    return bool(np.any(shown >= bad.iteration))


def judged(cases: Sequence[Case], results: Path, folder: Path) -> dict[str, tuple[Way, list[Outcome]]]:
    """Outcomes by way, of every case with a probe and labels; their ``iterations`` are those that were run.

    Raises:
        SystemExit: a probe is too short for this.
    """
    grouped, knowledge = truth.by_case(truth.read(results)), Knowledge(folder)
    found: dict[str, tuple[Way, list[Outcome]]] = {way.name: (way, []) for way in ways(Judge())}
    for case in cases:
        if case.id not in grouped or not probes.log_of(case, folder).exists():
            continue
        known, trace = knowledge.of(case), probes.trace_of(case, folder)
        if known.problems:
            continue  # told before Caffe starts
        if not shows(trace, max(STEPS)):
            raise SystemExit(
                f"the probe of {case.id} ends too early: delete {probes.log_of(case, folder)}, record again"
            )
        for way, outcomes in found.values():
            said = _said(thinned(trace, way), known.facts, way)
            outcomes.append(Outcome.of(case, grouped[case.id], *said))
    return found


def _said(trace: Trace, facts: Facts, way: Way) -> tuple[Verdict, int, str]:
    said = replay(trace, facts, way.judge)
    ran = int(trace.iterations[said.iterations - 1]) + 1 if said.iterations else 0
    return said.verdict, ran, said.why


def page(found: Mapping[str, tuple[Way, list[Outcome]]]) -> Iterator[str]:
    """The tables."""
    (way, plain), *_ = found.values()
    unit = way.cost(_iterations(plain))
    yield HEAD.format(cases=len(plain), price=100 * PRICE, share=PRICE)
    yield "| way | called stable | called broken | another kind | left open | lost | gained | iterations | cost |"
    yield "| --- " * 9 + "|"
    for name, (way, outcomes) in found.items():
        kinds = [sum(one.miss == kind for one in outcomes) for kind in WRONG]
        changed = [len(_lost(plain, outcomes)), len(_lost(outcomes, plain))]
        iterations = _iterations(outcomes)
        cells = [name, *kinds, *changed, f"{iterations:,}", f"{100 * way.cost(iterations) / unit:.0f} %"]
        yield f"| {' | '.join(map(str, cells))} |"
    yield CLAIMED
    yield f"| way | {' | '.join(CLASSES)} |"
    yield "| --- " * (len(CLASSES) + 1) + "|"
    for name, (_, outcomes) in found.items():
        claims = [[one.right for one in outcomes if one.said in verdicts] for verdicts, _ in CLASSES.values()]
        yield f"| {name} | {' | '.join(f'{sum(claim)}/{len(claim)}' for claim in claims)} |"
    yield LOST
    for name, (_, outcomes) in found.items():
        kinds_lost = Counter(f"{_word(was)} to {_word(now)}" for was, now in _lost(plain, outcomes))
        if kinds_lost:
            yield f"- {name}: {', '.join(f'{count} {change}' for change, count in kinds_lost.most_common())}"


def _iterations(outcomes: Sequence[Outcome]) -> int:
    return sum(one.iterations for one in outcomes)


def _word(outcome: Outcome) -> str:
    return outcome.said.value if outcome.said else "data"


def _lost(before: Sequence[Outcome], after: Sequence[Outcome]) -> list[tuple[Outcome, Outcome]]:
    """Those with a right verdict before, and none after."""
    return [(was, now) for was, now in zip(before, after, strict=True) if not was.miss and now.miss]
