"""Diagnose, then compute, then search: the policy that picks one candidate after the other."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from autofix.errors import AutofixError, CaffeError
from autofix.health import Verdict, gains
from autofix.model import Candidate, Training
from autofix.search.bench import Bench
from autofix.search.events import Note, TrialEnded, TrialStarted
from autofix.search.failure import DiedError
from autofix.search.folder import clear
from autofix.search.longer import LONGER, longer
from autofix.search.probe import Probe
from autofix.search.proof import Proof, concluded, prove
from autofix.search.refine import ALONE, refined, speed
from autofix.search.remedies import Remedies
from autofix.search.sampled import sampled
from autofix.search.settings import Settings
from autofix.search.space import Coordinates
from autofix.search.study import Study
from autofix.search.sweeps import Sweeps
from autofix.search.trial import Params, Proposal, RangeTest, Trial

Strategy = Callable[["Search"], Iterator[Proposal]]
"""Yields candidates that were not tried yet; where it ends, the sampler chooses. Asked anew after every trial."""


class OutOfTimeError(AutofixError):
    """The time was up before anything could be seen of the training as written."""


@dataclass
class Search:
    """One search over one training.

    Attributes:
        input_size: mean |x| of the data as the net sees it; NaN where that is not known.
        strategy: what is tried before the sampler's turn.
        trials: those that ended, oldest first.
        fix: the proved one, made as small as it gets; None until there is one.
        advice: on a training that is stable as written; may be empty.
        started: ``time.monotonic()`` at which this study began, less the time in which it did not run.
    """

    bench: Bench
    study: Study
    settings: Settings
    input_size: float
    strategy: Strategy = field(default_factory=lambda: computed)
    trials: list[Trial] = field(default_factory=list)
    fix: Trial | None = None
    coordinates: Coordinates | None = None
    advice: str = ""
    started: float = field(default_factory=time.monotonic)
    sweeps: Sweeps = field(init=False)

    def __post_init__(self) -> None:
        self.sweeps = Sweeps(self.bench)

    def run(self, hopeless: bool = False) -> None:
        """Try candidates until one is proved or the budget is spent.

        Args:
            hopeless: nothing but the training as written is worth a trial.

        Raises:
            CaffeError: Caffe cannot run the training as written.
            OutOfTimeError: it did not get to its first iteration.
            KeyboardInterrupt: the search was interrupted; what was found by then is kept.
        """
        self._resume()
        self._search(hopeless)
        if self.bench.interrupted:
            raise KeyboardInterrupt

    def _search(self, hopeless: bool) -> None:
        baseline = self.trials[0] if self.trials else self._baseline()
        if baseline.verdict is Verdict.FAILED:
            raise DiedError(baseline.why, f"this is no matter of settings: see the log of probe {baseline.number}")
        self.bench.learn_pace(baseline)
        self.fix = next((trial for trial in self.trials if trial.proved and trial.proposal.origin not in ALONE), None)
        if self.fix is not None and self.fix.candidate.as_written:
            self.advice = speed(self, self.fix)
            return
        if self.fix is None and (hopeless or self.hopeless_advice):
            return
        if self.bench.pace is not None and self.bench.slow:
            self.bench.prober.listen(Note(self.bench.pace.told))
        while self.fix is None and not self.exhausted:
            self._try(self._next_proposals())
        if self.fix is not None:
            self.fix = self._refined(self.fix)

    @property
    def training(self) -> Training:
        """The training as written."""
        return self.bench.prober.training

    @property
    def shrinking(self) -> bool:
        """Whether a proved fix is made better still, and changes are taken back that are not needed."""
        return self.settings.shrinking and not self.bench.slow

    @property
    def patient(self) -> bool:
        """Whether iterations are so quick that what was cut short is tried for longer."""
        return self.bench.can_wait(min(trial.pace for trial in self.trials))  # a short probe's is mostly Caffe's start

    @property
    def best(self) -> Trial | None:
        """The best changed candidate that nothing speaks against."""
        open_ends = (trial for trial in self.trials if trial.verdict is Verdict.INCONCLUSIVE)
        changed = (trial for trial in open_ends if not trial.candidate.as_written)
        return min(changed, key=lambda trial: (trial.score, trial.number), default=None)

    @property
    def exhausted(self) -> bool:
        """Whether the trials or the time are used up."""
        return self.bench.time_left <= 0 or len(self.trials) >= self.settings.budget

    @property
    def hopeless_advice(self) -> str:
        """What to do where a finding says that no candidate can help; else empty."""
        remedies_seen = (finding.remedy for trial in self.trials[:1] for finding in trial.findings)
        return next((remedy.advice for remedy in remedies_seen if remedy and not remedy.searchable), "")

    def rates(self, trial: Trial) -> RangeTest | None:
        """See `Sweeps.of`."""
        return self.sweeps.of(trial)

    def _resume(self) -> None:
        """Take up what an earlier run left in the study; what was cut short is done anew if there is time now."""
        late, known = self.bench.time_left <= 0, self.study.trials
        latest = {trial.candidate: trial for trial in known}  # of what was cut short more than once, or ended after all
        self.trials = [each for each in known if each.finished or (late and latest[each.candidate] is each)]
        ledger = self.bench.prober.ledger
        for trial in self.trials:
            if trial.finished:  # a kill may have come in between
                ledger.settle(trial)
        if known:  # or else the folder may be another study's
            clear(self.bench.prober.folder, (trial.number for trial in self.trials), ledger.names)
        self.sweeps.recall(self.trials)
        if self.study.memory is not None:
            self.coordinates = Coordinates.from_json(self.study.memory)

    def _refined(self, fix: Trial) -> Trial:
        """What `refined` makes of a fix; a Caffe that fails now takes nothing from what is proved."""
        try:
            return refined(self, fix)
        except CaffeError as error:
            self.bench.prober.listen(Note(f"the fix stays as it is, since now {error}"))
            return fix

    # --- trials ---

    def _next_proposals(self) -> list[Proposal | None]:
        """As many as may run at once: computed ones within their share; None for a candidate of the sampler's."""
        room = min(self.settings.jobs, self.settings.budget - len(self.trials))
        computed = sum(trial.proposal.origin.startswith("remedy") for trial in self.trials)
        share = int(self.settings.remedy_share * self.settings.budget) - computed
        found: list[Proposal | None] = list(islice(self.strategy(self), max(0, min(room, share))))
        if not found and self.settings.remedy_share and self.patient:
            again = longer(self.trials, self.trials)
            return [None] * room if again is None else [again]
        return found or [None] * room

    def _baseline(self) -> Trial:
        """The training as written. Its probe tells the layers' shapes, and so where in the space it lies."""
        proposal = Proposal(Candidate(), "as written", "the training as it is")
        number = self.study.next_number
        self.bench.prober.listen(TrialStarted(number, proposal))
        probe = self.bench.probe(proposal.candidate, number)
        if not probe.iterations:
            raise self._no_iteration(probe, number)
        self.coordinates = Coordinates.around(self.training, self.input_size, gains(probe.view))
        self.study.remember(self.coordinates.to_json())
        number, params = self.study.ask(proposal, self.coordinates.params(proposal.candidate), self.coordinates.space)
        return self._finish(number, proposal, params, probe)

    def _no_iteration(self, probe: Probe, number: int) -> BaseException:
        if self.bench.interrupted:
            return KeyboardInterrupt()
        if not probe.finished:
            return OutOfTimeError("Caffe did not reach its first iteration in time")
        doubted = self.bench.prober.audit.deadly
        hint = "the data may be why: see above" if doubted else f"see the log of probe {number}"
        return DiedError(probe.decision.why, hint)

    def _try(self, proposals: list[Proposal | None]) -> None:
        """Probe these at once, then take them one after the other: the first that is proved is the fix."""
        if self.exhausted:  # by the range tests behind these proposals, if they could be run at all
            return
        asked = [self._ask(proposal) for proposal in proposals]
        for number, proposal, _ in asked:
            self.bench.prober.listen(TrialStarted(number, proposal))
        if len(asked) == 1:
            number, proposal, _ = asked[0]
            probes = [self._probe(proposal, number)]
        else:
            probes = list(self.bench.at_once(lambda each: self._probe(each[1], each[0]), asked))
        for (number, proposal, params), probe in zip(asked, probes, strict=True):
            if not probe.iterations and not probe.finished:
                continue  # there is nothing to tell of it
            trial = self._finish(number, proposal, params, probe)
            self.fix = self.fix or (trial if trial.proved else None)

    def _probe(self, proposal: Proposal, number: int) -> Probe:
        return self.bench.probe(proposal.candidate, number, long=proposal.origin == LONGER)

    def _ask(self, proposal: Proposal | None) -> tuple[int, Proposal, Params]:
        assert self.coordinates is not None
        coordinates = self.coordinates
        if proposal is not None:
            number, params = self.study.ask(proposal, coordinates.params(proposal.candidate), coordinates.space)
            return number, proposal, params
        number, params = self.study.sample(coordinates.space)
        return number, sampled(self.training, coordinates, params, self.trials, self.settings.sampler), params

    def _finish(self, number: int, proposal: Proposal, params: Params, probe: Probe) -> Trial:
        """Confirm a probe that looks stable, unless there is a fix already, and keep the trial."""
        wanted = self.fix is None or proposal.origin in ALONE
        stable = probe.verdict is Verdict.STABLE
        proof = prove(self.bench, proposal.candidate, number, probe) if wanted and stable else Proof()
        confirmation = self.bench.confirmation(proof.confirming)
        trial = concluded(number, proposal, params, probe, proof, confirmation, self.sweeps.pay())
        self.study.tell(trial, probe.losses)
        if trial.finished:
            self.bench.prober.ledger.settle(trial)
        self.study.spend(time.monotonic() - self.started)
        self.trials.append(trial)
        self.bench.prober.listen(TrialEnded(trial))
        return trial

    def try_alone(self, proposal: Proposal) -> Trial:
        """Try one candidate after there is a fix, which this may replace."""
        number, _, params = self._ask(proposal)
        self.bench.prober.listen(TrialStarted(number, proposal))
        return self._finish(number, proposal, params, self.bench.probe(proposal.candidate, number))


def computed(search: Search) -> Iterator[Proposal]:
    """Remedies of what was found so far."""
    prober, coordinates = search.bench.prober, search.coordinates
    assert coordinates is not None
    pixels = prober.audit.holds_pixels
    stds, keeping = coordinates.stds, coordinates.keeping
    remedies = Remedies(prober.training, search.rates, stds, keeping, pixels, search.patient)
    return remedies(search.trials)
