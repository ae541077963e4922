"""The trainings of one candidate: its probe, the runs that prove it, its margin, its learning rate range test."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TypeVar

from autofix.errors import CaffeError
from autofix.health import Judge, Verdict
from autofix.health.rulings import Stable
from autofix.model import Candidate, growth
from autofix.search.events import Note
from autofix.search.folder import run_name
from autofix.search.pace import Pace, Patient
from autofix.search.probe import Probe, Prober
from autofix.search.range_test import Sweep, SweepJudge, read
from autofix.search.settings import (
    CALM_REAL,
    CONFIRM_REAL,
    CONFIRM_SEEDS,
    GIVE_UP,
    LONGER_SECONDS,
    MARGIN,
    PROBE_ITERS,
    PROBE_SECONDS,
    SLOW_SECONDS,
    START_SHARE,
    Settings,
)
from autofix.search.trial import Confirmation, Margin, RangeTest, Trial
from autofix.search.watch import Decides

# Whether a training holds at the rates that its schedule reaches later is what its margin tells.
JUDGE = Judge(stable=Stable(rise=math.inf))
T = TypeVar("T")
R = TypeVar("R")
PATIENCE_SHARE = 0.25  # of the time that is left, which one undecided probe may take


@dataclass
class Bench:
    """Runs trainings, several at once where that is allowed.

    Attributes:
        pace: what an iteration costs; None until the training as written has shown it.
    """

    prober: Prober
    settings: Settings
    pace: Pace | None = None

    def learn_pace(self, baseline: Trial) -> None:
        """Take up what the training as written showed."""
        self.pace = Pace.of(baseline, self.prober.training)

    def probe(self, candidate: Candidate, number: int, long: bool = False) -> Probe:
        """Probe a candidate; a changed one on smaller batches where an iteration is slow.

        Args:
            long: with the patience that the training as written has.
        """
        wait = long or candidate.as_written

        def judge(share: float) -> Patient:
            patient = self._judge(wait, LONGER_SECONDS if long else PROBE_SECONDS)
            limited = share == 1 and not self.settings.probe_iters
            return replace(patient, most_seconds=SLOW_SECONDS) if limited else patient

        return self._on_batches(self._share(candidate), candidate, judge, run_name(number))

    def confirm(self, candidate: Candidate, number: int, probe: Probe, times: int = 1) -> tuple[Probe, ...]:
        """Longer runs with other seeds; without those after the first refusal, unless they run at once.

        Of a slow net the last of them alone has the real batches, and is shorter.

        Args:
            times: so many times as long as usual.
        """
        least = self._confirm_iters(probe, times)
        judge = self._patient(replace(JUDGE, least=least, give_up=2 * least), candidate.as_written, 2 * least)
        name = f"{run_name(number)}-long" if times > 1 else run_name(number)

        def run(seed: int) -> Probe:
            share = self._share(candidate)
            if share < 1 and seed == self.seeds[-1]:
                stable = replace(JUDGE.stable, calm=CALM_REAL)
                shorter = replace(judge, judge=replace(judge.judge, stable=stable, least=min(least, CONFIRM_REAL)))
                return self.prober.run(candidate, seed, shorter, f"{name}-seed{seed}")
            return self.prober.run(candidate, seed, replace(judge), f"{name}-seed{seed}", share)  # a clock of its own

        if self.settings.jobs > 1:
            return tuple(self.at_once(run, self.seeds))
        runs: list[Probe] = []
        for seed in self.seeds:
            runs.append(run(seed))
            if runs[-1].verdict is not Verdict.STABLE:
                break
        return tuple(runs)

    def confirmation(self, runs: tuple[Probe, ...]) -> Confirmation | None:
        """What such runs came to."""
        return (
            Confirmation(
                seeds=self.seeds[: len(runs)],
                iterations=tuple(run.iterations for run in runs),
                verdicts=tuple(run.verdict for run in runs),
                whys=tuple(run.decision.why for run in runs),
            )
            if runs
            else None
        )

    def margin(self, candidate: Candidate, number: int, iterations: int) -> tuple[Margin, Probe]:
        """Train a candidate at a multiple of its base_lr: twice, or what its schedule makes of it if that is more."""
        training = self.prober.training
        factor = max(MARGIN, growth(training.solver))
        faster = replace(candidate, base_lr=factor * (candidate.base_lr or training.solver.base_lr))
        judge, seed = replace(JUDGE, least=iterations, cap=iterations), self.seeds[0]
        run = self.prober.run(faster, seed, judge, f"{run_name(number)}-faster", self._share(candidate))
        return Margin(factor, run.iterations, run.verdict, run.decision.why, run.finished), run

    def range_test(self, candidate: Candidate, number: int, plan: Sweep) -> RangeTest:
        """Go through rates with a candidate, whatever its own base_lr; on small batches where iterations are slow."""
        share, name = 1.0 if self.pace is None else self.pace.batch_share, f"{run_name(number)}-rates"
        run = self._on_batches(share, candidate, lambda _share: SweepJudge(self.prober.audit.facts), name, plan)
        return read(run.view, run.seconds, run.finished)

    def at_once(self, work: Callable[[T], R], parts: Iterable[T]) -> Sequence[R]:
        """Do ``work`` on all parts, as many at a time as is allowed; the first error ends all."""
        failed = False
        try:
            with ThreadPoolExecutor(self.settings.jobs) as pool:
                try:
                    return tuple(pool.map(work, parts))
                except BaseException:
                    failed = not self.interrupted
                    self.prober.cancel.set()  # leaving the pool waits for its trainings
                    raise
        finally:
            if failed:
                self.prober.cancel.clear()  # nobody has interrupted the search

    @property
    def interrupted(self) -> bool:
        """Whether somebody has interrupted the search."""
        return self.prober.cancel.is_set()

    @property
    def time_left(self) -> float:
        """Seconds until the deadline; none once the search is interrupted."""
        if self.interrupted:
            return 0.0
        return float("inf") if self.prober.deadline is None else self.prober.deadline - time.monotonic()

    @property
    def seeds(self) -> tuple[int, ...]:
        """Of the runs of a proof; the probe's own is the one before."""
        return tuple(self.settings.seed + 1 + index for index in range(CONFIRM_SEEDS))

    def _share(self, candidate: Candidate) -> float:
        return 1.0 if candidate.as_written or self.pace is None else self.pace.batch_share

    def _on_batches(
        self,
        share: float,
        candidate: Candidate,
        judge: Callable[[float], Decides],
        name: str,
        plan: Sweep | None = None,
    ) -> Probe:
        """Train on so large a share of the real batches; on the real ones from now on if the net does not run on it.

        Args:
            judge: makes one for a share.
        """
        seed = self.settings.seed
        if share < 1:
            try:
                return self.prober.run(candidate, seed, judge(share), name, share, plan)
            except CaffeError:  # a net may have its batch size written in other places too
                self.prober.listen(Note("this net does not run on smaller batches: probes keep the real ones"))
                assert self.pace is not None
                self.pace = replace(self.pace, batch_share=1.0)
        return self.prober.run(candidate, seed, judge(1.0), name, sweep=plan)

    def _confirm_iters(self, probe: Probe, times: int) -> int:
        if self.settings.confirm_iters:
            return self.settings.confirm_iters * times
        pace = self.pace or Pace(probe.seconds / max(probe.iterations, 1))
        return pace.confirm_iters(probe.iterations, self.prober.training.solver.max_iter, times)

    @property
    def slow(self) -> bool:
        """Whether a proof is so dear that only what needs one gets it."""
        return self.pace is not None and self.pace.batch_share < 1

    def can_wait(self, pace: float) -> bool:
        """Whether a second probe may be so much longer that it is worth its while.

        Args:
            pace: seconds of an iteration.
        """
        within = START_SHARE * self.prober.training.solver.max_iter
        return not self.settings.probe_iters and within > PROBE_ITERS and pace * 2 * PROBE_ITERS < LONGER_SECONDS

    def _judge(self, long: bool, seconds: float) -> Patient:
        """The training as written gets all the patience there is; another candidate may take its place."""
        wish = self.settings.probe_iters
        if wish:
            return Patient(replace(JUDGE, cap=wish, give_up=wish), soft=wish, start=wish)
        return self._patient(replace(JUDGE, give_up=GIVE_UP), long, PROBE_ITERS, seconds)

    def _patient(self, judge: Judge, long: bool, soft: int, seconds: float = PROBE_SECONDS) -> Patient:
        """A judge that waits for an answer for as long as that is cheap.

        Args:
            long: wait for learning to begin, too.
            soft: iterations that there are in any case.
            seconds: in which it may go on beyond those, unless too little time is left.
        """
        whole = self.prober.training.solver.max_iter
        cap = max(soft, whole + 2)  # Caffe ends before that: its last loss is logged as iteration max_iter
        start = max(soft, int(START_SHARE * whole)) if long else soft
        give_up = cap if long else min(judge.give_up, cap)
        seconds = min(seconds, PATIENCE_SHARE * self.time_left)
        return Patient(replace(judge, cap=cap, give_up=give_up), soft=soft, start=start, seconds=seconds)
