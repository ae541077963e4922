"""What the user has to know beside the diff, in sentences."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from autofix.model import Candidate, Solver, Training, rate
from autofix.search import Outcome, Result


def notes(outcome: Outcome) -> Iterator[str]:
    """Everything there is to say about ``outcome`` besides its verdict and changes."""
    yield from outcome.problems
    if outcome.patch is not None:
        yield from on_use(outcome.training, outcome.patch.candidate)
        yield from on_schedule(outcome.training.solver, outcome.patch.candidate)
    elif outcome.result is Result.ALREADY_STABLE:
        yield from on_use(outcome.training, Candidate())


def on_use(training: Training, candidate: Candidate) -> Iterator[str]:
    """What a candidate means for the code, or the deploy net, that uses the trained net."""
    scale, deploy = candidate.input_scale, training.deploy
    if scale is None:
        if deploy is not None:
            yield f"Nothing about the input changed: {deploy.path.name} serves as it is."
    elif deploy is not None:
        yield (
            f"The net now learns on input multiplied by {scale:.6g}. The patched {deploy.path.name} multiplies it too: "
            "feed that net what you fed it before."
        )
    else:
        yield (
            f"The net now learns on input multiplied by {scale:.6g}. Do the same where it is used: set_input_scale of "
            "pycaffe's Transformer, scalefactor of OpenCV's blobFromImage; or patch the deploy net with --deploy."
        )


def on_schedule(solver: Solver, candidate: Candidate) -> Iterator[str]:
    """What the schedule, which stays as it was, makes of a new base_lr."""
    if candidate.base_lr is None or solver.lr_policy in ("", "fixed"):
        return
    last = rate(replace(solver, base_lr=candidate.base_lr), max(solver.max_iter - 1, 0))
    ends = f": it is {last:.3g} in the last of {solver.max_iter} iterations" if last is not None else ""
    yield f'The schedule stays: lr_policy "{solver.lr_policy}" goes on from the new base_lr as from the old{ends}.'
