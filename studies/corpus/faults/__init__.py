"""The steps from a sound training to a case: each a small pure function that changes one thing as a user might.

A step is written ``name``, ``name=value`` or ``name=value@prefix``; the prefix picks layers by the beginning of
their names. Steps that only vary a sound training (another solver, another batch) are of the same kind.
"""

from __future__ import annotations

from collections.abc import Mapping

from studies.corpus.draft import Draft
from studies.corpus.faults import data, layers, solver, weights
from studies.corpus.faults.step import Step

__all__ = ["STEPS", "Step", "apply"]

STEPS: Mapping[str, Step] = {**solver.STEPS, **weights.STEPS, **layers.STEPS, **data.STEPS}


def apply(draft: Draft, step: str) -> Draft:
    """Take one step.

    Raises:
        ValueError: there is no such step, or it finds nothing to change.
    """
    head, _, prefix = step.partition("@")
    name, _, value = head.partition("=")
    if name not in STEPS:
        raise ValueError(f"no step '{name}'; there are {', '.join(STEPS)}")
    return STEPS[name](draft, value, prefix)
