"""From findings to candidates: what arithmetic proposes before anything is sampled."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import chain

from autofix.health import Finding, Remedy
from autofix.health.checks.h401_input_scale import PIXEL_SCALE
from autofix.health.gains import FAR, OFF
from autofix.model import Candidate, Training, growth
from autofix.search.longer import longer
from autofix.search.order import ails, order, promise
from autofix.search.range_test import SAFE
from autofix.search.rates import (
    COLD,
    HOT,
    MILD,
    SLOW,
    best_rate,
    bolder,
    bracket,
    next_rate,
    safe_rate,
    usable,
    written_or_usual,
)
from autofix.search.trial import Proposal, RangeTest, Trial
from autofix.search.words import because, changes

DIGITS = 2  # significant digits of a proposed number: people read the diff

Rates = Callable[[Trial], RangeTest | None]


@dataclass(frozen=True)
class Remedies:
    """Makes candidates of what was found so far.

    Args:
        rates: runs the learning rate range test of a trial's candidate, or gives the one that was run; None where
            there is none to be had.
        stds, keeping: layer to the std of its weights as written, and to the one that keeps the signal.
        pixels: whether the input is numbers from 0 to 255.
        patient: whether what was cut short on its plateau is tried for longer.
    """

    training: Training
    rates: Rates = lambda _trial: None
    stds: Mapping[str, float] = field(default_factory=dict)
    keeping: Mapping[str, float] = field(default_factory=dict)
    pixels: bool = True
    patient: bool = False

    def __call__(self, history: Iterable[Trial]) -> Iterator[Proposal]:
        """Yield candidates that were not tried yet, built upon what did best so far, smallest change first.

        A trial's findings say what ails it; each remedy is laid on top of that trial's own changes, so that one which
        made things better but not well is built upon. After what had begun to learn comes what was changed as the
        findings asked and still is lost, if its rate is all that they ask for now: weights that pass a signal on take
        smaller steps than those that did not.
        """
        history = tuple(history)
        tried = {trial.candidate for trial in history}
        for trial in sorted(history, key=promise):
            again = longer([trial], history) if self.patient and not ails(trial) else None
            if again is not None and trial.restless:
                yield again
            for proposal in chain(self._between(trial, history), self._of(trial)):  # lazily: a range test has its price
                if proposal.candidate not in tried:
                    tried.add(proposal.candidate)
                    yield proposal
            if again is not None and not trial.restless:
                yield again

    def _between(self, trial: Trial, history: tuple[Trial, ...]) -> Iterator[Proposal]:
        """Where one rate throws a net over and a much lower one does not teach it: the rate in the middle."""
        if trial.verdict not in (*HOT, *COLD):
            return
        kin = [other for other in history if other.besides_rate == trial.besides_rate and usable(self._base_lr(other))]
        around = bracket(kin, self._base_lr)
        if around is None:
            return
        cold, hot = around
        low, high = self._base_lr(cold), self._base_lr(hot)
        best = best_rate(self.rates(trial), growth(self.training.solver))
        rate, why = math.sqrt(low * high), f"{high:.2g} is too much (probe {hot.number}: {hot.verdict.value})"
        if best is not None and best < high:
            bold = bolder(low, best)
            if bold is None:
                return  # nothing is left between them
            rate, why = bold, f"{best:.2g}, where the loss of a range test was lowest, is too much to hold"
        candidate = replace(trial.candidate, base_lr=rounded(rate))
        little = f"{low:.2g} too little (probe {cold.number}: {cold.verdict.value})"
        yield from self._built(trial, candidate, "remedy between", f"{why} and {little}")

    def _base_lr(self, trial: Trial) -> float:
        return trial.candidate.base_lr or self.training.solver.base_lr

    def _of(self, trial: Trial) -> Iterator[Proposal]:
        """What a trial's findings ask for, then what its verdict alone does."""
        if not usable(self._base_lr(trial)):
            yield from self._with_a_rate(trial)
            return
        hot, rated = trial.verdict in HOT, False
        yield from self._all_layers(trial)
        for finding in sorted(trial.findings, key=partial(order, trial)):
            remedy = finding.remedy
            if remedy is None or not remedy.changes_something:
                continue
            origin, why, factor = f"remedy {finding.code}", because(finding), remedy.base_lr_factor
            remedy = self._widened(trial, self._in_units(remedy, finding))
            slowed = trial.candidate.base_lr is not None and usable(self.training.solver.base_lr)
            if remedy.clip_gradients is not None and slowed:
                unslowed = combine(self.training, trial.besides_rate, remedy)  # the rate was not at fault
                yield from self._built(trial, unslowed, origin, why)
            if factor is None:
                yield from self._built(trial, combine(self.training, trial.candidate, remedy), origin, why)
            else:
                rated = rated or (factor < 1) == hot
                least = factor == MILD and hot  # arithmetic would have it lowered less, if at all
                yield from self._at_rate(trial, factor, origin, trial.why if least else why)
        if not rated and trial.verdict in (*HOT, *COLD):
            yield from self._at_rate(trial, MILD if hot else None, "remedy rate", trial.why)

    def _with_a_rate(self, trial: Trial) -> Iterator[Proposal]:
        """Nothing can be told of a training whose rate is no rate; a usual one shows what else there is."""
        candidate = replace(trial.candidate, base_lr=written_or_usual(self.training.solver))
        why = f"no net learns with a base_lr of {self._base_lr(trial):g}"
        yield from self._built(trial, candidate, "remedy base_lr", why)

    def _all_layers(self, trial: Trial) -> Iterator[Proposal]:
        """Fillers that are each a little off and together far, which no finding about one layer tells."""
        if any(finding.remedy is not None and finding.remedy.filler_stds for finding in trial.findings):
            return
        off = self._off(trial)
        together = math.prod(off.values())
        hot, cold = trial.verdict in HOT and together > FAR, trial.verdict in COLD and together < 1 / FAR
        if not hot and not cold:
            return
        new = {
            layer: rounded(self.keeping[layer]) for layer, times in off.items() if (times if hot else 1 / times) > OFF
        }
        effect = f"{together:.2g} times the size that it should have"
        why = f"the fillers of all layers together give the signal {effect}"
        candidate = replace(trial.candidate, filler_stds={**trial.candidate.filler_stds, **new})
        yield from self._built(trial, candidate, "remedy fillers", why)

    def _in_units(self, remedy: Remedy, finding: Finding) -> Remedy:
        """1/256 is for pixels; what else is large is brought to about 1."""
        size = max((item.value for item in finding.evidence), default=0.0)
        if self.pixels or remedy.input_scale_factor != PIXEL_SCALE or size <= 0:
            return remedy
        return replace(remedy, input_scale_factor=float(f"{1 / size:.1g}"))

    def _off(self, trial: Trial) -> Mapping[str, float]:
        """By layer, how many times the std that keeps the signal a trial draws its weights with."""
        stds = {**self.stds, **trial.candidate.filler_stds}
        return {layer: stds[layer] / keeping for layer, keeping in self.keeping.items() if stds.get(layer)}

    def _widened(self, trial: Trial, remedy: Remedy) -> Remedy:
        """Fillers are redrawn in all layers that are off in the same direction: many small factors multiply."""
        off = self._off(trial)
        wide = any(off.get(layer, 0.0) > OFF for layer in remedy.filler_stds)
        narrow = any(0 < off.get(layer, 1.0) < 1 / OFF for layer in remedy.filler_stds)
        if wide == narrow:
            return remedy
        alike = {
            layer: self.keeping[layer]
            for layer, times in off.items()
            if (wide and times > OFF) or (narrow and times < 1 / OFF)
        }
        return replace(remedy, filler_stds={**alike, **remedy.filler_stds})

    def _at_rate(self, trial: Trial, factor: float | None, origin: str, why: str) -> Iterator[Proposal]:
        """Another base_lr: that of the range test or, where that does not tell, the present one times ``factor``."""
        if trial.restless:  # it can learn at about such a rate
            calmer = replace(trial.candidate, base_lr=rounded(MILD * self._base_lr(trial)))
            yield from self._built(trial, calmer, origin, trial.why)
            return
        test, grows = self.rates(trial), growth(self.training.solver)
        rate = next_rate(self._base_lr(trial), trial.verdict, factor, test, grows)
        if rate is None:
            return
        if test is not None and rate == safe_rate(test, grows):
            why = f"in a range test the loss was lowest at a rate of {test.lowest:.2g}, and a tenth of that holds"
        elif test is not None and test.lowest is None and test.limit is not None and rate == test.limit / SAFE:
            why = f"in a range test no rate taught it, and at {test.limit:.2g} it was thrown over"
        elif test is not None and test.lowest is not None:
            slow = trial.verdict in SLOW and rate > self._base_lr(trial)
            why = f"in a range test the loss was lowest at {test.lowest:.2g}, and {trial.why}" if slow else trial.why
        yield from self._built(trial, replace(trial.candidate, base_lr=rounded(rate)), origin, why)

    def _built(self, trial: Trial, candidate: Candidate, origin: str, why: str) -> Iterator[Proposal]:
        """The proposal of a candidate that is built upon a trial's, with its reasons; none where it is the same."""
        if candidate == trial.candidate:
            return
        where = "" if trial.candidate.as_written else f" (probe {trial.number})"
        fresh = {knob for knob, value in candidate.knobs.items() if trial.candidate.knobs.get(knob) != value}
        told = f"{changes(self.training, self.stds, trial.candidate, candidate)}, because {why}{where}"
        yield Proposal(candidate, origin, told, {**trial.proposal.reasons, **dict.fromkeys(fresh, f"{why}{where}")})


def combine(training: Training, candidate: Candidate, remedy: Remedy) -> Candidate:
    """Return ``candidate`` with ``remedy`` on top."""
    knobs = dict(candidate.knobs)
    if remedy.base_lr_factor is not None:
        knobs["base_lr"] = rounded((candidate.base_lr or training.solver.base_lr) * remedy.base_lr_factor)
    for name in ("input_scale", "target_scale"):
        factor = getattr(remedy, f"{name}_factor")
        if factor is not None:
            knobs[name] = knobs.get(name, 1.0) * factor
    for name in ("momentum", "weight_decay", "clip_gradients"):
        if getattr(remedy, name) is not None:
            knobs[name] = getattr(remedy, name)
    knobs |= {f"filler_std:{layer}": rounded(std) for layer, std in remedy.filler_stds.items()}
    knobs |= {f"loss_weight:{layer}": weight for layer, weight in remedy.loss_weights.items()}
    knobs |= {f"bias:{layer}": value for layer, value in remedy.biases.items()}
    return Candidate.of(knobs)


def rounded(value: float) -> float:
    """Return ``value`` with two significant digits."""
    return float(f"{value:.{DIGITS}g}")
