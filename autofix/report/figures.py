"""The page's plots once more for optuna-dashboard, which draws Plotly's figures: as JSON, which is all it needs."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from autofix.report.heat import Heat
from autofix.report.page import Page
from autofix.report.runs import RunFacts

DASHES = ("solid", "dash", "dot", "dashdot", "longdash")


def figures(page: Page) -> dict[str, str]:
    """Return the figures by their ids."""
    runs = [run for run in (page.before, page.after, *page.confirmations) if run is not None]
    drawn = {"loss": _loss(runs)} if runs else {}
    for run in (page.before, page.after):
        for heat in (run.data, run.diff) if run is not None else ():
            if run is not None and heat is not None:
                drawn[f"{heat.kind}-{run.title.replace(' ', '-')}"] = _heat(run, heat)
    return {key: json.dumps(figure, allow_nan=False) for key, figure in drawn.items()}


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


def _short(value: float) -> float:
    return float(f"{value:.4g}")
