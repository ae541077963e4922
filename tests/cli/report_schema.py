"""The shape of report.json, as scripts rely on it: DESIGN's fields with their types; more fields may come."""

from __future__ import annotations

from typing import Any

Number = (int, float, "nan", "inf", "-inf")

FINDING = {
    "code": str,
    "title": str,
    "severity": ("error", "warning", "info"),
    "layer": str,
    "blob": str,
    "iteration": (int, None),
    "evidence": [{"what": str, "value": Number, "unit": str}],
    "explanation": str,
    "remedy": (None, {"advice": str}),
}
VERDICT = ("stable", "diverged", "exploding", "dead", "not-learning", "inconclusive", "failed")
CHANGE = {"file": str, "field": str, "before": str, "after": str, "why": str}
CONFIRMATION = {"seeds": [int], "iterations": [int], "verdicts": [VERDICT]}
REPORT = {
    "schema": (1,),
    "verdict": ("fixed", "already-stable", "provisional", "not-fixed", "interrupted", "failed"),
    "solver": str,
    "net": str,
    "device": (str, None),
    "caffe": str,
    "seed": int,
    "budget": int,
    "trials_used": int,
    "iterations_run": int,
    "caffe_seconds": Number,
    "seconds": Number,
    "baseline": (None, {"verdict": VERDICT, "findings": [FINDING]}),
    "fix": (
        None,
        {
            "params": dict,
            "changes": [CHANGE],
            "files": [str],
            "confirmation": (None, CONFIRMATION),
            "provisional": bool,
        },
    ),
    "study": {"storage": str, "name": str},
    "trials": [
        {
            "number": int,
            "params": dict,
            "origin": str,
            "verdict": VERDICT,
            "score": Number,
            "iterations": int,
            "seconds": Number,
            "findings": [FINDING],
        }
    ],
}


def complaints(value: Any, shape: Any = REPORT, where: str = "report") -> list[str]:
    """Where ``value`` is not of ``shape``: a type, a value, a tuple of alternatives, a list of one shape, fields."""
    if isinstance(shape, tuple):
        tries = [complaints(value, each, where) for each in shape]
        return min(tries, key=len) if all(tries) else []
    if isinstance(shape, dict) and isinstance(value, dict):
        missing = [f"{where}.{name} is missing" for name in shape if name not in value]
        present = (name for name in shape if name in value)
        return missing + [line for name in present for line in complaints(value[name], shape[name], f"{where}.{name}")]
    if isinstance(shape, list) and isinstance(value, list):
        return [line for i, each in enumerate(value) for line in complaints(each, shape[0], f"{where}[{i}]")]
    fits = isinstance(value, shape) if isinstance(shape, type) else value == shape
    return [] if fits else [f"{where} is {value!r}, not {shape}"]
