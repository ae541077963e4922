"""The Optuna study: where every trial is kept, and where candidates come from when arithmetic runs out.

A study survives being killed at any moment: each trial is written when it starts and when it ends, and what it
found is kept with it under ``autofix:`` keys, so that a later run goes on from there.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cattrs.preconf.json import make_converter

from autofix.errors import InputError
from autofix.search.kept import Kept
from autofix.search.settings import Settings
from autofix.search.trial import Params, Proposal, Trial

if TYPE_CHECKING:
    import optuna

RECORD, MEMORY = "autofix:record", "autofix:memory"  # the keys of a trial's record and of the study's
KEPT = "autofix:kept"  # the key of the trainings that ended in trials that did not
SPENT = "autofix:seconds"  # the key of the seconds that all runs of the study have taken
TRAINING = "autofix:training"  # the key of the fingerprint of the study's training
FILES = "autofix:files"  # and of what tells the files that it reads
REPORTS = 25  # intermediate values kept per trial
_CONVERTER = make_converter()
STARTUP_TRIALS = 4  # the remedies before it count too, so that TPE soon has something to go by


@dataclass(frozen=True, slots=True)
class Range:
    """A parameter's range, searched on a log scale."""

    low: float
    high: float


Space = Mapping[str, Range]
Adorn = Callable[["optuna.Trial", Trial], None]


class Study:
    """One study. Numbers of trials are Optuna's."""

    def __init__(self, study: optuna.Study, settings: Settings, adorn: Adorn | None = None) -> None:
        self._study, self._settings, self._adorn = study, settings, adorn
        self._running: dict[int, optuna.Trial] = {}

    @property
    def trials(self) -> tuple[Trial, ...]:
        """The trials that were told, oldest first."""
        records = (trial.system_attrs.get(RECORD) for trial in self._study.get_trials(deepcopy=False))
        return tuple(_CONVERTER.loads(record, Trial) for record in records if record)

    @property
    def next_number(self) -> int:
        """The number that the next trial will have."""
        return len(self._study.get_trials(deepcopy=False))

    @property
    def memory(self) -> str | None:
        """What `remember` kept, or None."""
        return self._study.user_attrs.get(MEMORY)

    def remember(self, text: str) -> None:
        """Keep what a later run needs to go on."""
        self._study.set_user_attr(MEMORY, text)

    @property
    def kept(self) -> tuple[Kept, ...]:
        """What `keep` kept last."""
        return _CONVERTER.loads(self._study.user_attrs.get(KEPT, "[]"), tuple[Kept, ...])

    def keep(self, ended: tuple[Kept, ...]) -> None:
        """Keep the trainings that ended in trials that did not yet."""
        self._study.set_user_attr(KEPT, _CONVERTER.dumps(ended))

    @property
    def spent(self) -> float:
        """Seconds that the runs of this study have taken before."""
        return float(self._study.user_attrs.get(SPENT, 0.0))

    def spend(self, seconds: float) -> None:
        """Keep how many seconds all runs of this study have taken, this one included."""
        self._study.set_user_attr(SPENT, round(seconds, 3))

    def claim(self, fingerprint: str, files: Mapping[str, str]) -> None:
        """Tie the study to one training, told by ``fingerprint``, and to the ``files`` it reads, each told likewise.

        Raises:
            InputError: its trials are about another one.
        """
        known, name = self._study.user_attrs, f"study {self._study.study_name!r}"
        before = known.get(FILES, files)  # a study from before these were kept has none
        changed = next((file for file in files if before.get(file, files[file]) != files[file]), None)
        if known.get(TRAINING, fingerprint) != fingerprint:
            what = f"{name} is about other prototxts, or about these before they were edited"
        elif changed is not None:
            what = f"{name} is about another {changed}, or about this one before it was changed"
        else:
            self._study.set_user_attr(TRAINING, fingerprint)
            self._study.set_user_attr(FILES, dict(files))
            return
        raise InputError(what, "leave --resume out to start anew")

    def ask(self, proposal: Proposal, params: Params, space: Space) -> tuple[int, Params]:
        """Start a trial of a known candidate and return its number."""
        attributes = {"autofix:origin": proposal.origin}
        self._study.enqueue_trial({name: params[name] for name in space}, user_attrs=attributes)
        return self.sample(space)

    def sample(self, space: Space) -> tuple[int, Params]:
        """Start a trial of the sampler's choice; return its number and parameters.

        Each trial has a sampler of its own, seeded with the trials before it: a study that is resumed goes on as if it
        had never been interrupted, and not with the random numbers of its beginning. What was killed does not count.
        """
        import optuna  # noqa: PLC0415 -- heavy

        failed = optuna.trial.TrialState.FAIL
        before = sum(trial.state is not failed for trial in self._study.get_trials(deepcopy=False))
        self._study.sampler = self._sampler(before)
        trial = self._study.ask()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # a remedy may lie outside the range: it is used as it is
            params = {name: trial.suggest_float(name, span.low, span.high, log=True) for name, span in space.items()}
        self._running[trial.number] = trial
        return trial.number, params

    def tell(self, trial: Trial, losses: Mapping[int, float]) -> None:
        """Keep what came of a trial; ``losses`` by iteration are thinned out to a curve.

        One that was cut short before its verdict is failed: it will be done anew, and the sampler must not count it.
        """
        running = self._running.pop(trial.number)
        step = max(1, len(losses) // REPORTS)
        for iteration in list(losses)[::step]:
            running.report(losses[iteration], iteration)
        running.set_user_attr("autofix:origin", trial.proposal.origin)
        running.set_user_attr("autofix:verdict", trial.verdict.value)
        running.set_user_attr("autofix:iterations", trial.iterations)
        if trial.graded is not None:
            for part in ("divergence", "gradients", "learning"):
                running.set_user_attr(f"autofix:{part}", getattr(trial.graded, part))
        # optuna-dashboard shows a user attribute as one line, however long: sentences are for the note.
        running.storage.set_trial_system_attr(running._trial_id, RECORD, _CONVERTER.dumps(trial))
        if self._adorn is not None:
            self._adorn(running, trial)
        if trial.finished or trial.proved:
            self._study.tell(running, trial.score)
        else:
            self._fail(running)

    def _sampler(self, before: int) -> optuna.samplers.BaseSampler:
        import optuna  # noqa: PLC0415 -- heavy

        seed = (self._settings.seed * 10_007 + before) % 2**32
        if self._settings.sampler == "random":
            return optuna.samplers.RandomSampler(seed=seed)
        return optuna.samplers.TPESampler(seed=seed, n_startup_trials=STARTUP_TRIALS)

    def give_up(self) -> None:
        """Mark what is still running as failed: the search was interrupted."""
        for running in self._running.values():
            self._fail(running)
        self._running.clear()

    def _fail(self, running: optuna.Trial) -> None:
        import optuna  # noqa: PLC0415 -- heavy

        self._study.tell(running, state=optuna.trial.TrialState.FAIL)


def open_study(settings: Settings, adorn: Adorn | None = None) -> Study:
    """Create the study, or go on with it where ``settings.resume`` says so.

    Args:
        adorn: is handed every trial that ends, while what belongs to it can still be added.

    Raises:
        InputError: it exists and is not to be resumed, or the storage cannot be opened.
    """
    import optuna  # noqa: PLC0415 -- heavy

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        study = optuna.create_study(
            storage=settings.storage_url,
            study_name=settings.study_name,
            direction="minimize",
            load_if_exists=settings.resume,
        )
    except optuna.exceptions.DuplicatedStudyError as error:
        raise InputError(
            f"study {settings.study_name!r} exists in {settings.storage_url}",
            "say --resume to go on with it, or give another --study-name or --out",
        ) from error
    except Exception as error:  # each data base driver has errors of its own
        raise InputError(f"--storage {settings.storage_url}: {error.__cause__ or error}".splitlines()[0]) from error
    for _ in study.get_trials(deepcopy=False, states=(optuna.trial.TrialState.WAITING,)):
        study.tell(study.ask(), state=optuna.trial.TrialState.FAIL)  # killed before it started
    for stale in study.get_trials(deepcopy=False, states=(optuna.trial.TrialState.RUNNING,)):
        study.tell(stale.number, state=optuna.trial.TrialState.FAIL)  # its process was killed
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        study.set_metric_names(["score"])
    study.set_user_attr("autofix:seed", settings.seed)
    return Study(study, settings, adorn)


@contextmanager
def storage_errors(settings: Settings) -> Iterator[None]:
    """Turn what a storage says that fails in the middle of a run into an `InputError`."""
    import optuna  # noqa: PLC0415 -- heavy

    try:
        yield
    except optuna.exceptions.StorageInternalError as error:
        what = f"the study in {settings.storage_url} cannot be written: {error.__cause__ or error}".splitlines()[0]
        raise InputError(what, "is the disk full, or the data base gone? --resume goes on from what is kept") from error
    except optuna.exceptions.UpdateFinishedTrialError as error:
        what = f"another autofix has taken over study {settings.study_name!r} in {settings.storage_url}"
        raise InputError(what, "run one at a time, or give another --study-name") from error
