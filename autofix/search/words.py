"""What a candidate changes, and why, in words with numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from autofix.health import Finding
from autofix.model import Candidate, Training

MANY = 3  # layers that are named one by one


def changes(training: Training, stds: Mapping[str, float], before: Candidate, after: Candidate) -> str:
    """Say how ``after`` differs from ``before``: "base_lr 0.3 -> 0.01, input x 0.00390625".

    Args:
        stds: layer to the std of its weights as written, as far as that is known.
    """
    return ", ".join((*_numbers(training, before, after), *_layers(stds, before, after)))


def counted(number: int, noun: str) -> str:
    """Return "1 trial" or "2 trials"."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def because(finding: Finding) -> str:
    """What was seen, as the end of a sentence: the first sentence of the explanation, or the arithmetic of a rate."""
    advice = finding.remedy.advice if finding.remedy is not None else ""
    _, colon, arithmetic = advice.partition("base_lr: ")
    told = arithmetic if colon else finding.explanation.partition(". ")[0].rstrip(".")
    return told if told[:2].isupper() or "_" in told.partition(" ")[0] else told[:1].lower() + told[1:]


def _numbers(training: Training, before: Candidate, after: Candidate) -> Iterator[str]:
    solver = training.solver
    for name in ("base_lr", "momentum", "weight_decay", "clip_gradients"):
        old, new = getattr(before, name), getattr(after, name)
        if new != old:
            written = getattr(solver, name)
            yield f"{name} {_old(name, written if old is None else old)} -> {written if new is None else new:g}"
    for name, what in (("input_scale", "input"), ("target_scale", "targets")):
        old, new = getattr(before, name), getattr(after, name)
        if new != old:
            yield f"{what} x {(new or 1.0) / (old or 1.0):.6g}"


def _old(name: str, value: float) -> str:
    return "none" if name == "clip_gradients" and value < 0 else f"{value:g}"


def _layers(stds: Mapping[str, float], before: Candidate, after: Candidate) -> Iterator[str]:
    new = {layer: std for layer, std in after.filler_stds.items() if before.filler_stds.get(layer) != std}
    if len(new) > MANY:
        values = sorted(new.values())
        yield f"weights of {len(new)} layers drawn with std {values[0]:.2g} to {values[-1]:.2g}"
    elif new:
        old = {**stds, **before.filler_stds}
        told = [f"{layer} {f'{old[layer]:.2g} -> ' if layer in old else ''}{std:.2g}" for layer, std in new.items()]
        yield f"std of the weights of {', '.join(told)}"
    for what, now, then in (
        ("biases", after.biases, before.biases),
        ("loss_weight", after.loss_weights, before.loss_weights),
    ):
        for layer, value in now.items():
            if then.get(layer) != value:
                yield f"{what} of {layer} -> {value:g}"
