"""All static rules over one training."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator
from functools import cache
from operator import attrgetter

from autofix.errors import AutofixError
from autofix.health.finding import Finding, Severity
from autofix.health.static.causes import causes
from autofix.health.static.rule import Rule
from autofix.health.static.subject import Subject, look
from autofix.model import Training
from autofix.prototxt import shown

UNREADABLE = ("S203", "S212", "S214", "S215")  # of what these rules see Caffe cannot read, or not upgrade, the file
STOPS = re.compile(r"\bstops\b|cannot read")


@cache
def all_rules() -> tuple[Rule, ...]:
    """Return one of each rule under ``rules/``, in the order of their codes."""
    from autofix.health.static import rules  # noqa: PLC0415 -- the rules import this package

    for module in pkgutil.iter_modules(rules.__path__):
        importlib.import_module(f"{rules.__name__}.{module.name}")
    return tuple(sorted((kind() for kind in Rule.__subclasses__()), key=attrgetter("code")))


def lint(training: Training, given_weights: bool = False) -> tuple[Finding, ...]:
    """Return what all rules see, causes alone: what only follows from a slip is left out, see `causes`.

    Errors come first, those for which Caffe cannot read a file before others, then in the order of the files; a layer
    that serves several nets counts once. A rule that breaks becomes a finding that names it, and the rest go on.

    Args:
        given_weights: the user gives weights to start from, beside what the solver names.

    Raises:
        PrototxtError: a value is of the wrong kind.
    """
    return causes_in(look(training, given_weights=given_weights))


def causes_in(subject: Subject) -> tuple[Finding, ...]:
    """As `lint`, of a training whose data was looked at."""
    found = causes(subject, _all_examined)
    files = [str(shown(path)) for path in subject.training.documents]
    severities = list(Severity)

    def order(one: Finding) -> tuple[int, bool, int, int]:
        file = files.index(one.file) if one.file else -1
        return severities.index(one.severity), one.code not in UNREADABLE, file, one.line or 0

    return tuple(sorted(found, key=order))


def stops_caffe(finding: Finding) -> bool:
    """Whether Caffe stops for it, whatever the numbers are: rules say so, and real Caffe was seen to."""
    return finding.severity is Severity.ERROR and tells_of_stop(finding)


def tells_of_stop(finding: Finding) -> bool:
    """Whether a finding says that Caffe stops for it; one that may be a fork's is a warning."""
    return STOPS.search(finding.explanation) is not None


def _all_examined(subject: Subject) -> tuple[Finding, ...]:
    found = dict[object, Finding]()
    for rule in all_rules():
        for finding in examined(rule, subject):
            found.setdefault((finding.code, finding.file, finding.line, finding.explanation), finding)
    return tuple(found.values())


def examined(rule: Rule, subject: Subject) -> Iterator[Finding]:
    """Yield what a rule sees; one that breaks becomes a finding that names it."""
    try:
        yield from rule.examine(subject)
    except AutofixError:
        raise
    except Exception as error:
        yield Finding(
            code=rule.code,
            title=f"the rule {rule.code} itself broke",
            severity=Severity.INFO,
            explanation=f"{type(error).__name__}: {error}. This is a bug in Autofix; the other rules went on.",
        )
