"""S123: a net without data."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from autofix.health.finding import Finding
from autofix.health.static.rule import Rule, meant
from autofix.health.static.subject import Subject
from autofix.prototxt import Scalar, Verbatim, replace


class NoData(Rule):
    """A phase has no data.

    Sick: the net that is trained, or one that ``test_iter`` asks to be tested, has no layer that brings data in,
    and no ``input`` fields: Caffe stops at the first layer that wants some.
    Well: every phase has its data layer; or there is no ``test_iter``.
    """

    code = "S123"
    title = "a phase without data"

    def examine(self, subject: Subject) -> Iterator[Finding]:
        """Yield each net without data: a test by its test_iter, the training by the net's first line."""
        iters = subject.solver.root.scalars("test_iter")
        for index, net in enumerate(subject.nets):
            phase = "TRAIN" if index == 0 else "TEST"
            if net.inputs:
                continue
            other = _other_phase(subject, index)
            if other is not None:
                written, makers = other
                there, both = "TEST" if index == 0 else "TRAIN", " and ".join(makers)
                what = f"No layer brings data into the {phase} net, but {both} both into {there}: Caffe stops."
                found = self.finding(written, what, f"write  phase: {phase}  in one of them")
                yield meant(found, written, replace(written, Verbatim(phase), what))
                continue
            at = iters[index - 1] if 0 < index <= len(iters) else net.root
            advice = f"write a data layer with  include {{ phase: {phase} }}"
            advice += ", or remove test_iter and test_interval" if index else ""
            yield self.finding(at, f"No layer brings data into the {phase} net: Caffe stops.", advice)


def _other_phase(subject: Subject, index: int) -> tuple[Scalar, tuple[str, ...]] | None:
    """The phase of the first of two data layers that fill the same blobs in the other phase, and who they are."""
    for other in subject.nets[1:] if index == 0 else subject.nets[:1]:
        layers = [data.layer for data in other.inputs if data.layer is not None]
        for first, second in pairwise(layers):
            rules = first.message.messages("include")
            phase = rules[0].scalar("phase") if len(rules) == 1 else None
            if phase is not None and set(first.tops) & set(second.tops):
                return phase, tuple(f"{layer.name} (line {layer.line})" for layer in (first, second))
    return None
