"""Steps in the solver: its type, rates and schedule."""

from __future__ import annotations

from collections.abc import Mapping

from studies.corpus.draft import Draft
from studies.corpus.faults.step import Step

SCHEDULES: Mapping[str, Mapping[str, float]] = {
    "step": {"gamma": 0.5, "stepsize": 800},
    "exp": {"gamma": 0.999},
    "inv": {"gamma": 0.0001, "power": 0.75},
    "poly": {"power": 1.0},
    "step-without-stepsize": {"gamma": 0.1},
    "exp-growing": {"gamma": 1.005},
    "multistep-growing": {"gamma": 10, "stepvalue": 600},
}


def lr(draft: Draft, value: str, _: str) -> Draft:
    """``lr=x30``: thirty times the base_lr; ``lr=0.3``: that base_lr."""
    base_lr = draft.solver.root.number("base_lr", 0)
    return draft.solve(base_lr=float(f"{base_lr * float(value[1:]):.6g}") if value[0] == "x" else float(value))


def field(name: str) -> Step:
    """Another value of a field."""
    return lambda draft, value, _: draft.solve(**{name: int(value) if value.isdigit() else float(value)})


def without(name: str) -> Step:
    """No such field."""
    return lambda draft, _, __: draft.without(name)


def solver(kind: str, **others: float) -> Step:
    """Another type; the step's value is its base_lr. RMSProp and AdaGrad take no momentum (Caffe checks)."""

    def step(draft: Draft, value: str, _: str) -> Draft:
        draft = draft.solve(type=kind, **others)
        draft = draft.solve(base_lr=float(value)) if value else draft
        return draft.without("momentum") if kind in ("RMSProp", "AdaGrad") else draft

    return step


def schedule(draft: Draft, value: str, _: str) -> Draft:
    """Another lr_policy, one of SCHEDULES."""
    return draft.solve(lr_policy=value.partition("-")[0], **SCHEDULES[value])


STEPS: Mapping[str, Step] = {
    "lr": lr,
    "momentum": field("momentum"),
    "decay": field("weight_decay"),
    "clip": field("clip_gradients"),
    "iters": field("max_iter"),
    "accumulate": field("iter_size"),
    "no-max-iter": without("max_iter"),
    "schedule": schedule,
    "nesterov": solver("Nesterov"),
    "adam": solver("Adam", momentum2=0.999),
    "rmsprop": solver("RMSProp", rms_decay=0.98),
    "adagrad": solver("AdaGrad"),
    "adadelta": solver("AdaDelta", momentum=0.95, delta=1e-6),
}
