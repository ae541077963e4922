"""Plots in SVG: ink for the facts of `autofix.report.runs` and `autofix.report.heat`."""

from autofix.report.plots.heatmap import common_scale, heat_map
from autofix.report.plots.loss import Series, loss_plot
from autofix.report.plots.probes import probe_map
from autofix.report.plots.spans import Row, span_plot
from autofix.report.plots.svg import Picture

__all__ = ["Picture", "Row", "Series", "common_scale", "heat_map", "loss_plot", "probe_map", "span_plot"]
