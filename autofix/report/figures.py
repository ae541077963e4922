"""The page's plots once more for optuna-dashboard, which draws Plotly's figures: as JSON, which is all it needs."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from autofix.health import Verdict
from autofix.report.heat import Heat
from autofix.report.page import Page
from autofix.report.runs import RunFacts

MARKS = {  # Okabe and Ito's palette, as in the plots of the page, and a shape for each
    Verdict.STABLE: ("#009e73", "circle"),
    Verdict.DIVERGED: ("#d55e00", "x"),
    Verdict.EXPLODING: ("#e69f00", "triangle-up"),
    Verdict.DEAD: ("#3d444d", "square"),
    Verdict.NOT_LEARNING: ("#0072b2", "diamond"),
    Verdict.INCONCLUSIVE: ("#57606a", "circle-open"),
    Verdict.FAILED: ("#cc79a7", "cross"),
}
DASHES = ("solid", "dash", "dot", "dashdot", "longdash")


def figures(page: Page) -> dict[str, str]:
    """Return the figures by their ids."""
    runs = [run for run in (page.before, page.after, *page.confirmations) if run is not None]
    drawn = {"loss": _loss(runs)} if runs else {}
    for run in (page.before, page.after):
        for heat in (run.data, run.diff) if run is not None else ():
            if run is not None and heat is not None:
                drawn[f"{heat.kind}-{run.title.replace(' ', '-')}"] = _heat(run, heat)
    drawn |= {f"probes-{name.replace('_', '-')}": _map(page, name) for name in ("input_scale", "filler_std")}
    return {key: json.dumps(figure, allow_nan=False) for key, figure in drawn.items() if figure["data"]}


def _loss(runs: list[RunFacts]) -> dict[str, Any]:
    lines = [
        {
            "type": "scatter",
            "mode": "lines",
            "name": run.title,
            "x": run.loss.iterations,
            "y": [_short(value) for value in run.loss.loss],
            "line": {"dash": dash},
        }
        for run, dash in zip(runs, DASHES, strict=False)
    ]
    axes = {"xaxis": {"title": {"text": "iteration"}}, "yaxis": {"title": {"text": "loss"}, "type": "log"}}
    return {"data": lines, "layout": {"title": {"text": "Loss over the iterations"}, **axes}}


def _heat(run: RunFacts, heat: Heat) -> dict[str, Any]:
    finite = np.where(np.isfinite(heat.values) & (heat.values > 0), heat.values, np.nan)
    powers = np.log10(finite)
    name = "Outputs and weights" if heat.kind == "data" else "Gradients"
    cells = {
        "type": "heatmap",
        "colorscale": "Viridis",
        "x": heat.iterations,
        "y": heat.labels,
        "z": [[_short(value) if np.isfinite(value) else None for value in row] for row in powers.tolist()],
        "colorbar": {"title": {"text": "log10 mean |x|<br>gaps: 0, NaN"}},
    }
    layout = {
        "title": {"text": f"{name}, {run.title}"},
        "xaxis": {"title": {"text": "iteration"}},
        "yaxis": {"autorange": "reversed", "automargin": True, "type": "category"},
    }
    return {"data": [cells], "layout": layout}


def _map(page: Page, across: str) -> dict[str, Any]:
    """Every probe over one parameter and base_lr; shape and colour tell the verdict."""
    points = []
    for verdict, (colour, symbol) in reversed(MARKS.items()):  # what is stable lies on top
        trials = [trial for trial in page.report.trials if trial.verdict is verdict and across in trial.params]
        if trials:
            points.append(
                {
                    "type": "scatter",
                    "mode": "markers+text",
                    "name": verdict.value,
                    "x": [_short(trial.params[across]) for trial in trials],
                    "y": [_short(trial.params["base_lr"]) for trial in trials],
                    "text": [str(trial.number) for trial in trials],
                    "hovertext": [f"trial {trial.number}: {trial.reason}" for trial in trials],
                    "textposition": "top center",
                    "marker": {"color": colour, "symbol": symbol, "size": 9 if verdict is Verdict.STABLE else 14},
                }
            )
    axes = {name: {"title": {"text": text}, "type": "log"} for name, text in (("xaxis", across), ("yaxis", "base_lr"))}
    layout = {"title": {"text": f"All probes over {across} and base_lr"}, "showlegend": True, **axes}
    return {"data": points, "layout": layout}


def _short(value: float) -> float:
    return float(f"{value:.4g}")
