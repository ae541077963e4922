"""A diagnosis as one HTML page that needs no network, with the loss and the magnitudes drawn."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from markupsafe import Markup

from autofix.health import Verdict
from autofix.report.diagnosis.facts import Diagnosed
from autofix.report.diagnosis.judging import BAD
from autofix.report.diagnosis.magnitudes import shown_until
from autofix.report.diagnosis.terminal import QUESTIONS, advice_title, journey, remark
from autofix.report.drawings import Figure
from autofix.report.html import environment, style
from autofix.report.plots import Series, common_scale, heat_map, loss_plot
from autofix.report.runs import run_facts
from autofix.report.writing import write_text

_NAMES = {"data": "Outputs and weights", "diff": "Gradients"}
LOSSES = ("H103", "H104", "H105")  # findings that tell when a training was lost
_NO_DEBUG_INFO = "the log has no debug_info lines of it"


def write_page(diagnosed: Diagnosed, path: Path) -> None:
    """Write the page; OSError if that cannot be done."""
    facts = diagnosed.diagnosis
    template = environment().get_template("diagnosis.html.j2")
    page = template.render(
        facts=facts,
        result=_result(facts.verdict),
        journey=list(journey(facts.travelled)),
        advice_title=advice_title(facts),
        questions=[(question, getattr(facts.answers, name)) for name, question in QUESTIONS.items()],
        remark=remark,
        until=shown_until(diagnosed.judged.view),
        figures=list(_figures(diagnosed)),
        styles=Markup(style("plot.css") + style("page.css")),
    )
    write_text(path, page)


def _result(verdict: Verdict) -> str:
    """The CSS class of what came of it, as in report.html."""
    if verdict is Verdict.STABLE:
        return "fixed"
    return "not-fixed" if verdict in BAD or verdict is Verdict.FAILED else "provisional"


def _figures(diagnosed: Diagnosed) -> Iterator[Figure]:
    facts, view = diagnosed.diagnosis, diagnosed.judged.view
    run = run_facts(view, "", "this log", facts.verdict, facts.why)
    lost = min((each.iteration for each in facts.findings if each.code in LOSSES and each.iteration), default=None)
    yield Figure(loss_plot([Series(run, "before", lost)], view.facts), "the log has no loss that is finite")
    heats = [heat for heat in (run.data, run.diff) if heat is not None]
    scale = common_scale(heats)
    for heat in heats:
        yield Figure(heat_map(heat.kind, _NAMES[heat.kind], heat, scale))
    if not heats:
        yield Figure(None, _NO_DEBUG_INFO)
