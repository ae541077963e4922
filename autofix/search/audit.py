"""A look at the training's data before Caffe starts: is it there, is it finite, do labels fit, what does it cost to
ignore it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from autofix.caffe.tops import TopAudit
from autofix.errors import CaffeError
from autofix.health import Facts, Finding, Severity
from autofix.health.constant import constant_answer
from autofix.health.static import Subject, causes_in, look, look_again, stops_caffe
from autofix.health.static.rule import place
from autofix.model import Net, Patch, Training
from autofix.search.blockers import data_oddities, deadly, futile, without_statistics

PIXEL = 255.0  # the largest 8-bit number


@dataclass(frozen=True)
class Audit:
    """What the data of the TRAIN net is like.

    Args:
        training: the training as written.
        tops: by blob; blobs whose data could not be read are missing.
        problems: what makes searching useless, in plain words.
        deadly: those of the problems of which Caffe itself may die.
        oddities: what a person should look at, whatever the search finds.
        notes: what could not be looked at.
        findings: of lint; of the data of TEST, whether it is there alone.
        subject: what lint looked at.
    """

    training: Training
    tops: dict[str, TopAudit]
    facts: Facts
    problems: tuple[str, ...]
    deadly: tuple[str, ...]
    oddities: tuple[str, ...]
    notes: tuple[str, ...]
    findings: tuple[Finding, ...]
    subject: Subject

    def facts_of(self, changed: Patch) -> Facts:
        """The facts of a patched training: scaled targets or losses have another constant answer."""
        candidate = changed.candidate
        if not (candidate.loss_weights or candidate.target_scale or candidate.input_scale):
            return self.facts
        root = changed.document(self.training.net.path).root
        blocks = (*root.messages("train_net_param"), *root.messages("net_param"), root)
        state = self.training.solver.root.message("train_state")
        return constant_answer(Net.read(blocks[0]).for_phase("TRAIN", state), self.tops)

    @property
    def errors(self) -> tuple[Finding, ...]:
        """What lint finds that stops Caffe or the learning."""
        return tuple(one for one in self.findings if one.severity is Severity.ERROR)

    def stopping(self, changed: Patch | None) -> tuple[Finding, ...]:
        """For what Caffe stops in a patched training, or in the one as written: probes leave out its tests."""
        if changed is None:
            findings = self.findings
        else:
            findings = causes_in(look_again(self.subject, self.training.rewritten(changed.documents)))
        return tuple(finding for finding in findings if stops_caffe(finding))

    @property
    def holds_pixels(self) -> bool:
        """Whether the input, where it could be read, is numbers from 0 to 255 as pictures have them."""
        features = {blob for data in self.training.train.inputs for blob in data.features}
        known = [top for name, top in self.tops.items() if name in features]
        return all(top.minimum >= 0 and top.maximum <= PIXEL for top in known)


def audit_data(training: Training, given_weights: bool = False) -> Audit:
    """Look at the data sets of the TRAIN net.

    Args:
        given_weights: the user gives weights to start from.

    Raises:
        CaffeError: a data set is missing or cannot be read, so that Caffe cannot train on it.
    """
    subject = look(training, tests=False, given_weights=given_weights)
    for data in training.train.inputs:
        if (error := subject.unreadable.get(data)) is not None:
            line = place(data.layer, "source").line if data.layer is not None else 0
            where = f"{_short(training.net.path or training.solver.path)}:{line}: layer {data.name}"
            raise CaffeError(f"{where}: {error}", error.hint) from error
    tops = {top.name: top for found in subject.audits.values() for top in found.tops}
    notes = tuple(note for found in subject.audits.values() for note in found.notes)
    facts = constant_answer(training.train, tops)
    findings = causes_in(subject)
    killing = deadly(findings)
    problems = (*futile(findings), *killing, *without_statistics(findings))
    return Audit(training, tops, facts, problems, killing, data_oddities(findings), notes, findings, subject)


def _short(path: Path) -> str:
    return path.name
