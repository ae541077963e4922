"""Causes without what only follows from them.

One slip may show in many places: ``base_Ir`` leaves the solver without a base_lr, a misspelt bottom leaves a branch
that nothing reads. Where it is known what was meant, the files are mended and looked at again: what is gone then
followed from the slip. Slips that keep Caffe from reading a file go first, since they hide others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from itertools import groupby
from operator import attrgetter
from typing import TypeAlias

from autofix.errors import AutofixError
from autofix.health.finding import Correction, Finding
from autofix.health.static.subject import Subject, look_again
from autofix.model import Training
from autofix.prototxt import Edit, apply

STAGES = (  # rules by what a slip breaks: reading a file, a word, how layers hang together, the phases, the numbers
    ("S212", "S214"),
    ("S102", "S202", "S305"),
    ("S204", "S207", "S216", "S218"),
    ("S123", "S205"),
    ("S404", "S405"),
)

_Key: TypeAlias = tuple[str, str, int | None, str, str]


def causes(subject: Subject, examine: Callable[[Subject], tuple[Finding, ...]]) -> tuple[Finding, ...]:
    """Return what is wrong with a training, but for what would not be if its slips were mended.

    Args:
        examine: everything that is wrong with it as it stands.
    """
    kept = seen = examine(subject)
    causing: set[_Key] = set()
    with suppress(AutofixError):  # the mended files may make no training at all: what was seen stays
        for codes in STAGES:
            standing = {_key(one) for one in kept}
            slips = _of_their_own(one for one in seen if one.code in codes and _key(one) in standing)
            if not slips:
                continue
            subject = look_again(subject, _mended(subject.training, slips))
            seen = examine(subject)
            causing |= {_key(one) for one in slips}
            standing = causing | {_key(one) for one in seen}
            kept = tuple(one for one in kept if _key(one) in standing)
    return kept


def _of_their_own(findings: Iterable[Finding]) -> list[Finding]:
    """Those whose correction is known; of several that one edit mends, the first."""
    found: dict[object, Finding] = {}
    for one in findings:
        if one.correction is not None:
            found.setdefault((one.correction.path, _edits([one.correction])), one)
    return list(found.values())


def _mended(training: Training, slips: Iterable[Finding]) -> Training:
    known = sorted((one.correction for one in slips if one.correction is not None), key=attrgetter("path"))
    changed = {path: apply(training.documents[path], _edits(each)) for path, each in groupby(known, attrgetter("path"))}
    return training.rewritten(changed)


def _edits(corrections: Iterable[Correction]) -> frozenset[Edit]:
    return frozenset({replace(edit, why="what was meant") for each in corrections for edit in each.edits})


def _key(finding: Finding) -> _Key:
    """The same place seen by the same rule; a correction adds and removes no lines."""
    return finding.code, finding.file, finding.line, finding.layer, finding.blob
