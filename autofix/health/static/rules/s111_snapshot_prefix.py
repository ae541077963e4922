"""S111: snapshots into a folder that is not there."""

from __future__ import annotations

import os
from collections.abc import Iterator

from autofix.health.finding import Finding
from autofix.health.static.rule import Rule
from autofix.health.static.subject import Subject


class SnapshotPrefix(Rule):
    """The folder for snapshots does not exist.

    Sick: ``snapshot_prefix`` leads into a folder that is missing; Caffe does not make it. With a ``snapshot``
    interval it stops when it starts, without one when it is to write the trained net, after all the work.
    Well: the folder exists; or no snapshot is taken (``snapshot_after_train: false`` and no ``snapshot``).
    """

    code = "S111"
    title = "no folder for snapshots"

    def examine(self, subject: Subject) -> Iterator[Finding]:
        """Yield the line of snapshot_prefix."""
        solver = subject.solver
        taken = solver.root.boolean("snapshot_after_train", True) or solver.snapshot > 0
        folder = os.path.dirname(solver.snapshot_prefix)  # noqa: PTH120 -- "a/" is in folder a, as Caffe has it
        if taken and folder and not subject.training.resolve(folder).is_dir():
            what = (
                f"The snapshot_prefix leads into {folder}, no folder seen from {subject.training.folder}: Caffe stops."
            )
            yield self.finding(subject.field("snapshot_prefix"), what, f"make it: mkdir -p {folder}")
