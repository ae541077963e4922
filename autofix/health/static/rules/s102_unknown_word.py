"""S102: a policy, solver or regularization that Caffe does not know."""

from __future__ import annotations

from collections.abc import Iterator

from autofix.health.finding import Finding
from autofix.health.static.likeness import did_you_mean
from autofix.health.static.rule import Rule, meant
from autofix.health.static.subject import Subject
from autofix.prototxt import Verbatim, replace

KNOWN = {
    "lr_policy": ("fixed", "step", "exp", "inv", "multistep", "poly", "sigmoid"),
    "type": ("SGD", "Nesterov", "AdaGrad", "RMSProp", "AdaDelta", "Adam"),
    "solver_type": ("SGD", "NESTEROV", "ADAGRAD", "RMSPROP", "ADADELTA", "ADAM", *"012345"),
    "regularization_type": ("L1", "L2"),
    "solver_mode": ("CPU", "GPU", "0", "1"),
}


class UnknownWord(Rule):
    """The solver holds a word that Caffe does not know, and stops at.

    Sick: ``lr_policy``, ``type``, ``solver_type``, ``regularization_type`` or ``solver_mode`` is none of Caffe's
    words, capitals included; or ``lr_policy`` is missing; or ``type`` stands beside the older ``solver_type``.
    Well: all of them are. A policy that only a fork has is unknown to stock Caffe.
    """

    code = "S102"
    title = "a word Caffe does not know"

    def examine(self, subject: Subject) -> Iterator[Finding]:
        """Yield each such word."""
        root = subject.solver.root
        if "lr_policy" not in root:
            yield self.finding(
                root, "lr_policy is missing: Caffe has no default and stops.", 'write  lr_policy: "fixed"'
            )
        if "type" in root and "solver_type" in root:
            what = "type and solver_type both name the solver: Caffe stops."
            yield self.finding(subject.field("solver_type"), what, "remove solver_type, the older of the two")
        for name, words in KNOWN.items():
            value = root.scalar(name)
            word = "" if value is None else value.raw if value.kind == "number" else value.word
            if value is None or word in words:
                continue
            near = did_you_mean(word, words)
            advice = f'write "{near}"' if near else f"choose one of {', '.join(w for w in words if not w.isdigit())}"
            what = f'{name} "{word}" is not one that Caffe knows: it stops.'
            right = near if value.kind == "string" else Verbatim(near)
            found = self.finding(value, what, advice)
            yield meant(found, value, replace(value, right, what)) if near else found
