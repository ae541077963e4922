"""Everything a user may say about one search, decided once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

PROBE_ITERS = 300  # iterations after which a probe ends undecided, unless there is time
START_SHARE = 0.5  # of the whole training, within which one as written has to begin to learn while it is quick
PROBE_SECONDS = 20.0  # in which a probe may go on beyond its iterations, to the end of the training
LONGER_SECONDS = 60.0  # likewise, of a second probe of a candidate that was cut short
SLOW_LEAST, SLOW_SECONDS = 30, 300.0  # a probe with the real batches ends once it took so long and shows what to change
GIVE_UP = 100  # iterations on a plateau without any sign of change, after which a changed candidate is given up
CONFIRM_ITERS = 400  # iterations a confirmation run must stay well
CONFIRM_SECONDS = 300.0  # a run may take this long on a slow net, which cuts the iterations above
CONFIRM_LEAST = 200  # but never to fewer than these
CONFIRM_REAL = 100  # of a net that is probed on smaller batches: iterations, at least, of the run on the real ones,
CALM_REAL = 0.5  # and times as long as it was not, that it must be calm for there: small batches have shown the rest
CONFIRM_SEEDS = 2  # runs with other seeds that make a confirmation
MARGIN = 2.0  # times base_lr, at which a proved candidate is tried once more


@dataclass(frozen=True)
class Settings:
    """The user's wishes.

    Args:
        out: the output folder, absolute.
        budget: trials, the one as written included.
        probe_iters: iterations at which an undecided probe ends; None to choose by the time of an iteration.
        confirm_iters: iterations that each confirmation run must stay well; None to choose by the time of an iteration.
        timeout: seconds for everything, or None; with ``resume``, those that the study has taken before count too.
        jobs: trainings that may run at once.
        seed: feeds the sampler and Caffe; confirmations use the seeds after it.
        device: "auto", "cpu", "gpu" or "gpu:0,1".
        caffe: the Caffe to use, or None to look for one.
        weights, snapshot: what the training starts from, as with ``caffe train``.
        storage: an Optuna storage URL, or None for ``study.db`` in ``out``.
        study_name: the study's name in the storage.
        resume: go on with a study that is there.
        remedy_share: of the budget, that computed remedies may take before the sampler's turn; 0 for a blind search.
        range_tests: whether remedies of base_lr are checked against learning rate range tests.
        shrinking: whether changes are taken back that turn out not to be needed.
        sampler: who chooses when there is nothing to compute.
    """

    out: Path
    budget: int = 20
    probe_iters: int | None = None
    confirm_iters: int | None = None
    timeout: float | None = None
    jobs: int = 1
    seed: int = 1
    device: str = "auto"
    caffe: Path | None = None
    weights: Path | None = None
    snapshot: Path | None = None
    storage: str | None = None
    study_name: str = "autofix"
    resume: bool = False
    remedy_share: float = 0.5
    range_tests: bool = True
    shrinking: bool = True
    sampler: Literal["tpe", "random"] = "tpe"

    @property
    def storage_url(self) -> str:
        """Where the study lives."""
        return self.storage or f"sqlite:///{self.out / 'study.db'}"
