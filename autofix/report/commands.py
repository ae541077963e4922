"""What can be typed next, with programs by the names under which this shell finds them."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from autofix.caffe import Caffe
from autofix.report.files import DIFF, diff_root
from autofix.search import Outcome, Settings

Place = Callable[[Path], str]


def here(path: Path) -> str:
    """``path`` as typed from the current folder, absolute where it does not lie below."""
    relative = os.path.relpath(path)
    return shlex.quote(str(path) if relative.startswith("..") else relative)


def anywhere(path: Path) -> str:
    """``path`` as it can be typed in every folder."""
    return shlex.quote(str(path))


def train(outcome: Outcome, place: Place) -> str:
    """The command that trains with the patched files."""
    training = outcome.training
    solver = _from(training.folder, outcome.settings.out / training.solver.path.name)
    return _in(training.folder, f"{_caffe(outcome.caffe)} train --solver={solver}", place)


def apply(outcome: Outcome, place: Place) -> str:
    """The command that changes the user's own files; empty where there is no patch."""
    if outcome.patch is None:
        return ""
    root = diff_root(outcome.training, outcome.patch)
    return _in(root, f"patch -p1 < {_from(root, outcome.settings.out / DIFF)}", place)


def dashboard(outcome: Outcome, place: Place) -> str:
    """The command that opens the study."""
    return f"{_autofix(place)} dashboard {place(outcome.settings.out)}"


def resume(outcome: Outcome, place: Place) -> str:
    """The command that goes on with this study, with twice the budget where that was used up.

    It repeats what says which study and which training are meant, for the study refuses any other.
    """
    settings, solver = outcome.settings, outcome.training.solver.path
    ended = sum(trial.finished for trial in outcome.trials)
    budget = settings.budget if ended < settings.budget else 2 * settings.budget
    words = [_autofix(place), place(solver), "--resume", f"--budget {budget}"]
    if settings.out != solver.with_name(f"{solver.stem}.autofix"):
        words.append(f"--out {place(settings.out)}")
    return " ".join([*words, *_wishes(outcome, settings, place)])


def _wishes(outcome: Outcome, settings: Settings, place: Place) -> Iterator[str]:
    """The options that were given and still count; not --timeout, which may be what ended the search."""
    if (deploy := outcome.training.deploy) is not None and deploy.path is not None:
        yield f"--deploy {place(deploy.path)}"
    if settings.weights is not None:
        yield f"--weights {','.join(place(Path(name)) for name in str(settings.weights).split(','))}"
    if settings.snapshot is not None:
        yield f"--snapshot {place(settings.snapshot)}"
    if settings.storage is not None:
        yield f"--storage {shlex.quote(settings.storage)}"
    standard = Settings(settings.out)
    if settings.study_name != standard.study_name:
        yield f"--study-name {shlex.quote(settings.study_name)}"
    if settings.caffe is not None:
        yield f"--caffe {place(settings.caffe)}"
    if settings.device != standard.device:
        yield f"--device {settings.device}"
    if settings.seed != max(outcome.training.solver.random_seed, 1):
        yield f"--seed {settings.seed}"


def _caffe(caffe: Caffe) -> str:
    """``caffe`` where that is the one that ran the probes, else its path."""
    found = shutil.which("caffe")
    if caffe.kind != "executable" or (found and Path(found).resolve() == caffe.path.resolve()):
        return "caffe"
    return shlex.quote(str(caffe.path))


def _autofix(place: Place) -> str:
    """``autofix`` where the shell finds one, else the path of that beside this Python."""
    script = Path(sys.executable).with_name("autofix")
    return "autofix" if shutil.which("autofix") or not script.is_file() else place(script)


def _in(folder: Path, command: str, place: Place) -> str:
    """``command`` where it has to run in ``folder``."""
    return command if place is here and folder == Path.cwd() else f"cd {place(folder)} && {command}"


def _from(folder: Path, path: Path) -> str:
    return shlex.quote(os.path.relpath(path, folder))
