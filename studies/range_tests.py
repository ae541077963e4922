"""How the rate of a range test's lowest loss compares with the rates that the ground truth knows to hold.

    python -m studies.range_tests [--seeds 1 2 3] [--half tune]

A net of the corpus that was trained at several learning rates is given a range test at one of them. The table tells for
each how many times that rate the lowest loss was found (one number a seed), the largest multiple that the ground truth
calls sound, and the least above it that it does not. Below it: of what the lowest loss over SAFE comes to, for several
SAFE, how much is sound for certain, how much is not with every seed, and how far it is from the largest sound rate (a
geometric mean). `autofix/search/range_test.py` has the SAFE that was chosen on the half of the corpus for that.
"""

from __future__ import annotations

import argparse
import csv
import math
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from autofix.caffe import CPU, ProcessRunner, find
from autofix.model import Candidate, load
from autofix.search.audit import audit_data
from autofix.search.bench import Bench
from autofix.search.probe import Prober
from autofix.search.range_test import first_update, sweep
from autofix.search.settings import Settings
from studies.bench_probe import ToTheEnd
from studies.corpus import Case, cases, materialise
from studies.corpus.catalog import NETS
from studies.corpus.materialise import CACHE

TRUTH = Path(__file__).parent / "results" / "ground_truth.csv"
SOUND = "stable-and-learning"
FACTORS = (2, 3, 5, 10, 20, 30)
RATE = "lr=x"  # how a step to another rate begins


@dataclass(frozen=True)
class Kin:
    """Trainings that differ in base_lr alone.

    Args:
        base: the one at the rate 1.
        sound: the largest multiple of its rate that is sound.
        lost: the least above that which is not with every seed; infinity where none is known.
    """

    base: Case
    sound: float
    lost: float


@dataclass(frozen=True)
class Found:
    """Where range tests had their lowest loss, as multiples of the rate 1; without those that had none."""

    kin: Kin
    lowest: tuple[float, ...]

    def __str__(self) -> str:
        seen = ", ".join(f"{multiple:.3g}" for multiple in self.lowest)
        return f"| {self.kin.base.id} | {seen} | {self.kin.sound:g} | {self.kin.lost:g} |"


def families(half: str | None) -> Iterator[Kin]:
    """The trainings of the corpus of which some rate is sound, by what else they are."""
    with TRUTH.open() as file:
        labels = {row["case"]: row["verdict"] for row in csv.DictReader(file)}
    known: dict[tuple[str, tuple[str, ...]], dict[float, str]] = defaultdict(dict)
    for case in cases():
        steps = (*case.variant, *case.faults)
        rates = [float(step.removeprefix(RATE)) for step in steps if step.startswith(RATE)]
        if len(rates) <= 1 and half in (None, NETS[case.net][0]):
            others = tuple(step for step in steps if not step.startswith(RATE))
            known[case.net, others][rates[0] if rates else 1.0] = labels[case.id]
    for (net, others), multiples in known.items():
        sound = max((rate for rate, label in multiples.items() if label == SOUND), default=0.0)
        if len(multiples) > 1 and sound:
            lost = min((rate for rate in multiples if rate > sound), default=math.inf)
            yield Kin(Case(net, others, (), "healthy"), sound, lost)


def test(kin: Kin, seeds: Sequence[int]) -> Found:
    """Run the range tests of one training."""
    with tempfile.TemporaryDirectory(prefix="range-tests-") as name:
        folder = Path(name)
        materialise(kin.base, folder, CACHE)
        training = load(folder / "solver.prototxt", folder)
        runner, audit = ProcessRunner(find()), audit_data(training)
        prober = Prober(training, audit, runner, CPU, folder / "probes", lambda _event: None, threads=1)
        base_lr, lowest = training.solver.base_lr, []
        for seed in seeds:
            first = prober.run(Candidate(), seed, ToTheEnd(2), f"{seed}-first")
            plan = sweep(base_lr, first_update(first.view))
            lowest.append(Bench(prober, Settings(out=folder, seed=seed)).range_test(Candidate(), seed, plan).lowest)
    return Found(kin, tuple(rate / base_lr for rate in lowest if rate is not None))


def summary(found: Sequence[Found]) -> Iterator[str]:
    """What dividing by each factor would come to."""
    yield "| SAFE | sound | not sound | times the largest sound rate |"
    yield "| --: | --: | --: | --: |"
    for factor in FACTORS:
        pairs = [(multiple / factor, one.kin) for one in found for multiple in one.lowest]
        sound = sum(rate <= kin.sound for rate, kin in pairs) / len(pairs)
        lost = sum(rate >= kin.lost for rate, kin in pairs) / len(pairs)
        mean = math.exp(sum(math.log(rate / kin.sound) for rate, kin in pairs) / len(pairs))
        yield f"| {factor} | {sound:.0%} | {lost:.0%} | {mean:.2f} |"


def main() -> None:
    """Run the range tests and print both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--half", choices=("tune", "report"), help="of the corpus (default: both)")
    options = parser.parse_args()
    print("| training | lowest loss at | sound up to | not from |\n| --- | --- | --: | --: |")
    found = []
    for kin in families(options.half):
        found.append(test(kin, options.seeds))
        print(found[-1], flush=True)
    print(f"\n{len(found)} trainings, {sum(len(one.lowest) for one in found)} range tests with a lowest loss\n")
    if any(one.lowest for one in found):
        print("\n".join(summary(found)))


if __name__ == "__main__":
    main()
