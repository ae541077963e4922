"""Several snapshots of one training: in which the damage begins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from autofix.caffe.stored import Stats, StoredSnapshot
from autofix.health.finding import Finding
from autofix.health.stored.damage import damaged
from autofix.health.stored.words import listed


@dataclass(frozen=True, slots=True)
class Series:
    """Snapshots in the order of their iterations.

    Attributes:
        order: the files, oldest first.
        iterations: of each; None where neither the file nor its name tells.
        last_sound: the last before the damage; None if there is none or all are sound.
        first_damaged: None if all are sound.
        sentence: what follows from it.
        still: layers whose weights are the same in the first and the last, which therefore did not learn.
    """

    order: tuple[str, ...]
    iterations: tuple[int | None, ...]
    last_sound: str | None
    first_damaged: str | None
    sentence: str
    still: tuple[str, ...]


def judge_series(stored: Sequence[StoredSnapshot], findings: Sequence[Sequence[Finding]]) -> Series | None:
    """Return where the damage begins among the weights or, where there are none, among the solver states.

    Args:
        findings: of each of ``stored``.
    """
    what = "caffemodel" if any(each.snapshot.what == "caffemodel" for each in stored) else "solverstate"
    pairs = [(each, found) for each, found in zip(stored, findings, strict=True) if each.snapshot.what == what]
    if len(pairs) < 2:
        return None
    pairs.sort(key=lambda pair: (pair[0].snapshot.iteration or 0, str(pair[0].snapshot.path)))
    bad = next((index for index, (_, found) in enumerate(pairs) if damaged(found)), None)
    order = [each for each, _ in pairs]
    sound = order[bad - 1] if bad else None
    still = tuple(_still(order[0], order[-1])) if bad is None and what == "caffemodel" else ()
    return Series(
        order=tuple(str(each.snapshot.path) for each in order),
        iterations=tuple(each.snapshot.iteration for each in order),
        last_sound=str(sound.snapshot.path) if sound is not None else None,
        first_damaged=str(order[bad].snapshot.path) if bad is not None else None,
        sentence=_sentence(order, bad, still),
        still=still,
    )


def _sentence(order: Sequence[StoredSnapshot], bad: int | None, still: Sequence[str]) -> str:
    if bad is None:
        sound = f"All {len(order)} snapshots are sound."
        same = f" The weights of {listed(still, 'layers')} did not change from the first to the last." if still else ""
        return sound + same
    if bad == 0:
        return f"The first one, {_name(order[0])}, is damaged already: none of these can be used."
    return (
        f"The damage begins between {_name(order[bad - 1])}, which is sound, and {_name(order[bad])}: "
        f"go on from {_name(order[bad - 1])}, with what made it diverge mended first."
    )


def _name(stored: StoredSnapshot) -> str:
    return Path(stored.snapshot.path).name


def _still(first: StoredSnapshot, last: StoredSnapshot) -> list[str]:
    """Layers all of whose blobs have the same mean, spread and range in both."""
    if first.snapshot.iteration == last.snapshot.iteration:
        return []
    before, after = _by_layer(first), _by_layer(last)
    return [
        layer for layer, stats in after.items() if before.get(layer) == stats and any(each.std > 0 for each in stats)
    ]


def _by_layer(stored: StoredSnapshot) -> dict[str, list[Stats]]:
    found: dict[str, list[Stats]] = {}
    for blob, stats in zip(stored.snapshot.blobs, stored.stats, strict=True):
        if blob.role == "data":
            found.setdefault(blob.layer, []).append(stats)
    return found
