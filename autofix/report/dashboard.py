"""What optuna-dashboard shows of a study: a note, files and plots for each trial, and the report for the study.

The dashboard keeps notes and plots in attributes of the study. They are written here without it: to import it takes
seconds and scikit-learn, and so a study is whole even where it is installed later. The tests read back through its
own functions, and in its pages.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, BinaryIO

from autofix.errors import InputError
from autofix.health import Facts
from autofix.model import Training, patch
from autofix.report.figures import figures
from autofix.report.files import DIFF, patch_diff
from autofix.report.html import style
from autofix.report.markdown import to_markdown, trial_note
from autofix.report.page import Page
from autofix.report.plots import Picture, common_scale, heat_map
from autofix.report.runs import read_run
from autofix.search import Note, Settings, Trial
from autofix.search.events import Listener
from autofix.search.folder import LOG, PROBES, run_name

if TYPE_CHECKING:
    import optuna
    from optuna.storages import BaseStorage

ARTIFACTS = "artifacts"  # the folder of the artifact store, in the output folder
CHUNK = 2045  # characters of an attribute, of which MySQL takes 2048
TEXT, IMAGE = "text/plain", "image/svg+xml"


class Dashboard:
    """Writes into the study of one run. What goes wrong here is told as a note and stops nothing."""

    def __init__(self, training: Training, settings: Settings, listen: Listener) -> None:
        self._training, self._settings, self._listen = training, settings, listen

    def adorn(self, live: optuna.Trial, trial: Trial) -> None:
        """Give a trial its note and its files; ``live`` must not be told yet, since a finished one takes no files."""
        with self._forgiving(f"trial {trial.number}"):
            study_id, trial_id = live.study._study_id, live._trial_id
            uploaded = self._upload(live, trial)
            pictures = {name: f"/artifacts/{study_id}/{trial_id}/{key}" for name, key in uploaded.items()}
            _save_note(live.storage, study_id, f"dashboard:{trial_id}:", trial_note(trial, pictures))

    def finish(self, page: Page) -> None:
        """Give the study its report and plots."""
        import optuna  # noqa: PLC0415 -- heavy

        settings = self._settings
        with self._forgiving("the study"):
            study = optuna.load_study(study_name=settings.study_name, storage=settings.storage_url)
            storage, study_id = study._storage, study._study_id
            diff = settings.out / DIFF
            _save_note(storage, study_id, "dashboard:", to_markdown(page, _text(diff) if page.files else ""))
            for key, figure in figures(page).items():
                _save(storage, study_id, f"dashboard:plot_data:{key}:", figure)

    @contextmanager
    def _forgiving(self, what: str) -> Iterator[None]:
        try:
            yield
        except Exception as error:  # a data base in trouble, a full disk: the search matters more
            self._listen(Note(f"optuna-dashboard will show less of {what}: {type(error).__name__}: {error}"))

    def _upload(self, live: optuna.Trial, trial: Trial) -> dict[str, str]:
        """Put the trial's files into the artifact store; return the ids of its pictures, by title."""
        from optuna.artifacts import upload_artifact  # noqa: PLC0415 -- heavy

        folder = self._settings.out / ARTIFACTS
        folder.mkdir(exist_ok=True)
        pictures: dict[str, str] = {}
        with TemporaryDirectory(dir=folder) as temporary:
            for name, content in self._files(trial):
                file = Path(temporary, name)
                if isinstance(content, Path):
                    file.symlink_to(content)
                else:
                    file.write_text(content, encoding="utf-8", errors="surrogateescape")
                kind = IMAGE if file.suffix == ".svg" else TEXT
                uploaded = upload_artifact(
                    artifact_store=_LinkingStore(folder), file_path=str(file), study_or_trial=live, mimetype=kind
                )
                if kind == IMAGE:
                    pictures[file.stem] = uploaded
        return pictures

    def _files(self, trial: Trial) -> Iterator[tuple[str, Path | str]]:
        """Names and contents: what the probe read and wrote, its confirmation's logs, its diff, its plots."""
        probes = self._settings.out / PROBES
        folder = probes / run_name(trial.number)
        yield from ((file.name, file) for file in sorted(folder.iterdir()) if file.is_file())
        for seed in trial.confirmation.seeds if trial.confirmation is not None else ():
            if (log := probes / run_name(trial.number, seed) / LOG).is_file():
                yield f"seed{seed}-{LOG}", log
        if not trial.candidate.as_written:
            yield "candidate.diff", patch_diff(self._training, patch(self._training, trial.candidate))
        for picture in _pictures(folder / LOG, trial):
            yield f"{picture.title}.svg", picture.alone(style("plot.css"))


def _pictures(log: Path, trial: Trial) -> Iterator[Picture]:
    """The magnitudes over the probe's iterations; none where its log cannot be read."""
    try:
        run = read_run(log, f"trial {trial.number}", trial.verdict, trial.why, Facts())
    except InputError:
        return
    for title, heat in (("outputs and weights", run.data), ("gradients", run.diff)):
        if heat is not None:
            yield heat_map("heat", title, heat, common_scale([heat]))


@dataclass(frozen=True, slots=True)
class _LinkingStore:
    """Optuna's artifact store over a folder; a file becomes a second name of itself where it can: logs are large."""

    folder: Path

    def write(self, artifact_id: str, content_body: BinaryIO) -> None:
        try:
            os.link(os.path.realpath(content_body.name), self.folder / artifact_id)
        except OSError:
            with (self.folder / artifact_id).open("wb") as file:
                shutil.copyfileobj(content_body, file)

    def open_reader(self, artifact_id: str) -> BinaryIO:
        return (self.folder / artifact_id).open("rb")

    def remove(self, artifact_id: str) -> None:
        (self.folder / artifact_id).unlink()


def _save_note(storage: BaseStorage, study_id: int, prefix: str, note: str) -> None:
    version = storage.get_study_system_attrs(study_id).get(f"{prefix}note_ver", 0)
    storage.set_study_system_attr(study_id, f"{prefix}note_ver", version + 1)
    _save(storage, study_id, f"{prefix}note_str:", note)


def _save(storage: BaseStorage, study_id: int, prefix: str, text: str) -> None:
    """Keep ``text`` in as many attributes as it takes; what an earlier, longer one left behind is emptied."""
    text = text.encode(errors="replace").decode()  # a file's odd bytes are no text to a data base
    parts = [text[start : start + CHUNK] for start in range(0, len(text), CHUNK)]
    before = sum(key.startswith(prefix) for key in storage.get_study_system_attrs(study_id))
    for index, part in enumerate([*parts, *[""] * (before - len(parts))]):
        storage.set_study_system_attr(study_id, f"{prefix}{index}", part)


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="surrogateescape")
