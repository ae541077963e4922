"""The blobs of a snapshot with their numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from autofix.caffe.stored import Blob, Stats, StoredSnapshot
from autofix.health.finding import Evidence, Finding, Remedy, Severity
from autofix.health.stored.words import listed
from autofix.model import kinds


@dataclass(frozen=True, slots=True)
class Measured:
    """A blob with its numbers."""

    blob: Blob
    stats: Stats

    @property
    def layer(self) -> str:
        """Its layer's name; of a solverstate without its weights the number of the history."""
        return self.blob.layer or f"history {self.blob.index}"

    @property
    def type(self) -> str:
        """Its layer's type under today's name; empty where the file tells none."""
        return kinds.today(self.blob.type)

    @property
    def is_weight(self) -> bool:
        """Whether it holds a layer's weights, as far as the file tells (HDF5 ones tell no types)."""
        blob = self.blob
        plain = self.type in kinds.WEIGHTED or (not self.type and len(blob.shape) > 1)
        return (
            bool(blob.layer)
            and not blob.history
            and blob.role == "data"
            and blob.index == 0
            and plain
            and self.stats.count > 1
        )

    @property
    def gain(self) -> float:
        """How large the output of a layer is for an input of size 1: rms of its weights times sqrt(inputs).

        So for inputs that do not depend on each other (He et al. 2015, eq. 9). 0 for what is no Convolution nor
        InnerProduct, of which the shape does not tell the inputs.
        """
        if not self.is_weight or self.type not in ("Convolution", "InnerProduct") or self.stats.bad:
            return 0.0
        shape = self.blob.shape
        inputs = shape[3] if len(shape) == 4 and shape[:2] == (1, 1) and shape[2] > 1 else math.prod(shape[1:])
        return math.hypot(self.stats.mean, self.stats.std) * math.sqrt(inputs)


def measured(stored: StoredSnapshot) -> tuple[Measured, ...]:
    """The blobs of a snapshot with their numbers."""
    return tuple(Measured(blob, stats) for blob, stats in zip(stored.snapshot.blobs, stored.stats, strict=True))


def names(blobs: Sequence[Measured]) -> str:
    """The layers of ``blobs`` as a sentence has them."""
    return listed(list(dict.fromkeys(each.layer for each in blobs)), "layers")


def about(
    blobs: Sequence[Measured],
    code: str,
    title: str,
    severity: Severity,
    says: str,
    remedy: str,
    evidence: tuple[Evidence, ...] = (),
) -> Finding:
    """A finding about ``blobs``, at the first of them; no search can help."""
    at, advice = blobs[0].blob, Remedy(remedy, searchable=False)
    return Finding(code, title, severity, says, at.layer, str(at.index), evidence=evidence, remedy=advice)
