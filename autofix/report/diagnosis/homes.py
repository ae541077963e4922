"""Where in a net the input, or the targets, can be scaled: not every layer that reads data can do it itself."""

from __future__ import annotations

from autofix.debuginfo import quoted
from autofix.health import Remedy
from autofix.health.checks.h107_below_zero import THE_INPUT
from autofix.model import Net


def where_to_scale(remedy: Remedy, net: Net | None) -> str:
    """Return in words where the scale of a remedy goes, to be put behind its advice; empty where that says it."""
    if net is None or "transform_param" in remedy.advice or THE_INPUT in remedy.advice:
        return ""  # of an autoencoder, whose input and targets are one, the advice has all that is known
    by = remedy.target_scale_factor
    if by is not None or remedy.advice.startswith("scale the targets"):
        return f". Data layers do not scale targets: {_power('the layer that reads them', by)}"
    if not remedy.advice.startswith("scale the input"):
        return ""
    data = next((data for data in net.inputs if data.features), None)
    if data is None:
        return ""
    by = remedy.input_scale_factor
    name = f"layer {quoted(data.name)}"
    if not data.transforms:
        return f". {data.kind} layers cannot scale: {_power(name, by)}"
    return f". {name[0].upper()}{name[1:]} does it with transform_param {{ scale: {_number(by, data.scale)} }}"


def _power(behind: str, by: float | None) -> str:
    return f"put a Power layer with power_param {{ scale: {_number(by)} }} behind {behind}, or scale the data set"


def _number(by: float | None, present: float = 1.0) -> str:
    return "..." if by is None else f"{by * present:.6g}"
