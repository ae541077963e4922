"""Diagnose, then compute, then search: the policy that picks one candidate after the other."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

from autofix.errors import CaffeError
from autofix.health import Judge, Verdict, gains
from autofix.model import Candidate
from autofix.search.events import Note, TrialEnded, TrialStarted
from autofix.search.folder import run_name
from autofix.search.pace import Pace
from autofix.search.probe import Probe, Prober
from autofix.search.remedies import remedies
from autofix.search.settings import CONFIRM_SEEDS, GIVE_UP, Settings
from autofix.search.shrink import left_out, shrink
from autofix.search.space import Coordinates
from autofix.search.study import Study
from autofix.search.trial import Confirmation, Params, Proposal, Trial

WORSE, SLACK = 1.25, 0.02  # a smaller fix may score this many times, and this much above, the full one


@dataclass
class Search:
    """One search over one training.

    Attributes:
        input_size: mean |x| of the data as the net sees it; NaN where that is not known.
        trials: those that ended, oldest first.
        fix: the proved one, made as small as it gets; None until there is one.
    """

    prober: Prober
    study: Study
    settings: Settings
    input_size: float
    trials: list[Trial] = field(default_factory=list)
    fix: Trial | None = None
    coordinates: Coordinates | None = None
    _real_batches: bool = False

    def run(self, hopeless: bool = False) -> None:
        """Try candidates until one is proved or the budget is spent.

        Args:
            hopeless: nothing but the training as written is worth a trial.
        """
        self._resume()
        baseline = self.trials[0] if self.trials else self._baseline()
        if baseline.verdict is Verdict.FAILED:
            raise CaffeError(baseline.why, "this is no matter of settings: see the log of probe 0")
        self.fix = next((trial for trial in reversed(self.trials) if trial.proved), None)
        if self.fix is not None or hopeless or self.hopeless_advice:
            return
        if self.pace.batch_share < 1:
            seconds, share = self.pace.seconds, self.pace.batch_share
            self.prober.listen(
                Note(f"an iteration takes {seconds:.1f} s: probes use {share:.0%} of the batch, proofs the whole one")
            )
        for proposal in self._proposals():
            trial = self._try(proposal)
            if trial.proved:
                self.fix = trial
                self._shrink(trial)
                return

    @property
    def best(self) -> Trial | None:
        """The best changed candidate that nothing speaks against."""
        open_ends = (trial for trial in self.trials if trial.verdict is Verdict.INCONCLUSIVE)
        changed = (trial for trial in open_ends if not trial.candidate.as_written)
        return min(changed, key=lambda trial: (trial.score, trial.number), default=None)

    @property
    def exhausted(self) -> bool:
        """Whether the trials or the time are used up."""
        late = self.prober.deadline is not None and time.monotonic() >= self.prober.deadline
        return late or len(self.trials) >= self.settings.budget

    def _resume(self) -> None:
        """Take up what an earlier run left in the study."""
        self.trials = list(self.study.trials)
        if self.study.memory is not None:
            self.coordinates = Coordinates.from_json(self.study.memory)

    # --- which candidate ---

    def _proposals(self) -> Iterator[Proposal | None]:
        """Remedies while there are any, within their share; then None, for a candidate of the sampler's."""
        while not self.exhausted:
            computed = sum(trial.proposal.origin.startswith("remedy") for trial in self.trials)
            if computed < self.settings.remedy_share * self.settings.budget:
                yield next(remedies(self.prober.training, self.trials), None)
            else:
                yield None

    @property
    def hopeless_advice(self) -> str:
        """What to do where a finding says that no candidate can help; else empty."""
        remedies_seen = (finding.remedy for trial in self.trials[:1] for finding in trial.findings)
        return next((remedy.advice for remedy in remedies_seen if remedy and not remedy.searchable), "")

    # --- one trial ---

    def _baseline(self) -> Trial:
        """The training as written. Its probe tells the layers' shapes, and so where in the space it lies."""
        proposal = Proposal(Candidate(), "as written", "the training as it is")
        self.prober.listen(TrialStarted(0, proposal))
        probe = self.prober.run(proposal.candidate, self.settings.seed, self._judge(proposal.candidate), run_name(0))
        if not probe.iterations:
            raise CaffeError("Caffe did not reach its first iteration in time", "give it more --timeout")
        self.coordinates = Coordinates.around(self.prober.training, self.input_size, gains(probe.view))
        self.study.remember(self.coordinates.to_json())
        number, params = self.study.ask(proposal, self.coordinates.params(proposal.candidate), self.coordinates.space)
        return self._finish(number, proposal, params, probe)

    def _try(self, proposal: Proposal | None) -> Trial:
        assert self.coordinates is not None
        space = self.coordinates.space
        if proposal is not None:
            number, params = self.study.ask(proposal, self.coordinates.params(proposal.candidate), space)
        else:
            number, params = self.study.sample(space)
            why = "the sampler's choice after the trials so far"
            proposal = Proposal(self.coordinates.candidate(params), "tpe", why)
        self.prober.listen(TrialStarted(number, proposal))
        return self._finish(number, proposal, params, self._probe(proposal.candidate, number))

    def _probe(self, candidate: Candidate, number: int) -> Probe:
        """Probe a changed candidate, on smaller batches where an iteration is slow."""
        judge, seed, name = self._judge(candidate), self.settings.seed, run_name(number)
        if self.pace.batch_share < 1:
            try:
                return self.prober.run(candidate, seed, judge, name, self.pace.batch_share)
            except CaffeError:  # a net may have its batch size written in other places too
                self.prober.listen(Note("this net does not run on smaller batches: probes keep the real ones"))
                self._real_batches = True
        return self.prober.run(candidate, seed, judge, name)

    @property
    def pace(self) -> Pace:
        """What an iteration costs, as the training as written showed it."""
        pace = Pace.of(self.trials[0], self.prober.training)
        return replace(pace, batch_share=1.0) if self._real_batches else pace

    def _finish(self, number: int, proposal: Proposal, params: Params, probe: Probe) -> Trial:
        """Confirm a probe that looks stable, and keep the trial."""
        runs = self._confirm(proposal.candidate, number, probe) if probe.verdict is Verdict.STABLE else ()
        worst = next((run for run in runs if run.verdict is not Verdict.STABLE), probe)
        trial = Trial(
            number=number,
            proposal=proposal,
            params=params,
            verdict=worst.verdict,
            why=worst.decision.why,
            score=max(run.score for run in (probe, *runs)),
            iterations=sum(run.iterations for run in (probe, *runs)),
            seconds=sum(run.seconds for run in (probe, *runs)),
            findings=worst.findings,
            confirmation=_confirmation(self._seeds[: len(runs)], runs) if runs else None,
        )
        self.study.tell(trial, probe.losses)
        self.trials.append(trial)
        self.prober.listen(TrialEnded(trial))
        return trial

    def _judge(self, candidate: Candidate) -> Judge:
        """The training as written gets all the patience there is; another candidate may take its place."""
        cap = self.settings.probe_iters
        return Judge(cap=cap, give_up=cap if candidate.as_written else min(cap, GIVE_UP))

    @property
    def _seeds(self) -> tuple[int, ...]:
        return tuple(self.settings.seed + 1 + index for index in range(CONFIRM_SEEDS))

    def _confirm(self, candidate: Candidate, number: int, probe: Probe) -> tuple[Probe, ...]:
        """Longer runs with other seeds, several at once if allowed; without those after the first refusal."""
        pace = self.pace if self.trials else Pace(probe.seconds / probe.iterations)
        least = self.settings.confirm_iters or pace.confirm_iters(probe.iterations)
        judge = Judge(least=least, cap=2 * least)

        def run(seed: int) -> Probe:
            return self.prober.run(candidate, seed, judge, run_name(number, seed))

        if self.settings.jobs > 1:
            return self._at_once(run)
        runs: list[Probe] = []
        for seed in self._seeds:
            runs.append(run(seed))
            if runs[-1].verdict is not Verdict.STABLE:
                break
        return tuple(runs)

    def _at_once(self, run: Callable[[int], Probe]) -> tuple[Probe, ...]:
        with ThreadPoolExecutor(self.settings.jobs) as pool:
            try:
                return tuple(pool.map(run, self._seeds))
            except BaseException:
                self.prober.cancel.set()  # leaving the pool waits for its trainings
                raise

    # --- the smallest patch ---

    def _shrink(self, full: Trial) -> None:
        """Take back what turns out not to be needed, while the budget lasts."""

        def holds(candidate: Candidate) -> bool:
            if self.exhausted or candidate in {trial.candidate for trial in self.trials}:
                return False
            trial = self._try(
                Proposal(candidate, "shrink", f"is it needed to change {left_out(full.candidate, candidate)}?")
            )
            if not trial.proved or trial.score > WORSE * full.score + SLACK:
                return False
            self.fix = trial
            return True

        shrink(full.candidate, holds)


def _confirmation(seeds: tuple[int, ...], runs: tuple[Probe, ...]) -> Confirmation:
    return Confirmation(
        seeds=seeds,
        iterations=tuple(run.iterations for run in runs),
        verdicts=tuple(run.verdict for run in runs),
        whys=tuple(run.decision.why for run in runs),
    )
