"""The output folder: patched prototxts, the diff, report.json. Each file is written whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

from autofix.model import Patch, Training, patched_files
from autofix.prototxt import diff, write
from autofix.report.facts import Report
from autofix.report.writing import to_json, write_text
from autofix.search import Outcome

DIFF, JSON = "autofix.diff", "report.json"


def write_report(outcome: Outcome, report: Report) -> None:
    """Write everything that belongs to ``outcome`` into its output folder; no patch of an earlier run stays there."""
    out = outcome.settings.out
    out.mkdir(parents=True, exist_ok=True)
    for name in (DIFF, *(path.name for path in outcome.training.documents)):
        (out / name).unlink(missing_ok=True)
    if outcome.patch is not None:
        for path, document in patched_files(outcome.training, outcome.patch, out).items():
            write(document, path)
        write_text(out / DIFF, patch_diff(outcome.training, outcome.patch))
    write_text(out / JSON, to_json(report) + "\n")


def patch_diff(training: Training, patch: Patch) -> str:
    """Return the unified diff of the user's files, to review or to apply with ``patch -p1`` in `diff_root`."""
    root, parts = diff_root(training, patch), []
    for path, after in patch.documents.items():
        name = os.path.relpath(path, root)
        name += "\t" if " " in name else ""  # or else patch takes the name to end at the space
        parts.append(diff(training.documents[path], after, f"a/{name}", f"b/{name}"))
    return "".join(parts)


def diff_root(training: Training, patch: Patch) -> Path:
    """The folder Caffe is started in, or the nearest above it that holds all changed files: patch refuses ``..``."""
    folders = [training.folder, *(path.parent for path in patch.documents)]
    return Path(os.path.commonpath([os.path.normpath(folder) for folder in folders]))
