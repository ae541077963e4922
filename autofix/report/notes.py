"""What the user has to know beside the diff, in sentences."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from autofix.health import Finding
from autofix.model import Candidate, Solver, Training, rate
from autofix.report.words import placed, sentence
from autofix.search import Outcome, Result


def notes(outcome: Outcome) -> Iterator[str]:
    """Everything there is to say about ``outcome`` besides its verdict and changes."""
    yield from outcome.problems
    yield from outcome.oddities
    if outcome.result is Result.ALREADY_STABLE or outcome.patch is not None:
        yield from (f"`caffe train` will stop, though the probes do not: {_slip(one)}" for one in outcome.stopping)
    if outcome.patch is not None:
        yield from on_use(outcome.training, outcome.patch.candidate)
        yield from on_schedule(outcome.training.solver, outcome.patch.candidate)
    elif outcome.result is Result.ALREADY_STABLE:
        yield from on_use(outcome.training, Candidate())


def _slip(finding: Finding) -> str:
    advice = f" {sentence(finding.remedy.advice)}" if finding.remedy is not None else ""
    return f"{placed(finding)}{advice}"


def on_use(training: Training, candidate: Candidate) -> Iterator[str]:
    """What a candidate means for the code, or the deploy net, that uses the trained net."""
    yield from _on_input(training, candidate.input_scale)
    if candidate.target_scale not in (None, 1):
        yield (
            f"The net now learns targets multiplied by {candidate.target_scale:.6g}: divide what it predicts by that "
            "where it is used. Losses are told in the new unit too."
        )


def _on_input(training: Training, scale: float | None) -> Iterator[str]:
    deploy = training.deploy
    if scale is None:
        if deploy is not None:
            yield f"Nothing about the input changed: {deploy.path.name} serves as it is."
    elif deploy is not None:
        yield (
            f"The net now learns on input multiplied by {scale:.6g}. The patched {deploy.path.name} multiplies it too: "
            "feed that net what you fed it before."
        )
    else:
        data = next((data for data in training.train.inputs if data.features), None)
        blob = data.features[0] if data is not None else "data"
        own = data is not None and data.transforms and not training.train.blobs.powers(blob)
        total = scale * data.scale if data is not None and own else scale
        before = "" if total == scale else f" ({total:.6g} in all)"
        yield (
            f"The net now learns on input multiplied by {scale:.6g}{before}. Do the same where it is used: "
            f'transformer.set_input_scale("{blob}", {total:.6g}) with pycaffe\'s Transformer, scalefactor={total:.6g} '
            "with OpenCV's blobFromImage; both subtract the mean first, as Caffe does. Or patch the deploy net with "
            "--deploy."
        )


def on_schedule(solver: Solver, candidate: Candidate) -> Iterator[str]:
    """What the schedule, which stays as it was, makes of a new base_lr."""
    if candidate.base_lr is None or solver.lr_policy in ("", "fixed"):
        return
    last = rate(replace(solver, base_lr=candidate.base_lr), max(solver.max_iter - 1, 0))
    ends = f": it is {last:.3g} in the last of {solver.max_iter} iterations" if last is not None else ""
    yield f'The schedule stays: lr_policy "{solver.lr_policy}" goes on from the new base_lr as from the old{ends}.'
