"""What the runs of a proof come to."""

from __future__ import annotations

from pathlib import Path

from autofix.debuginfo import TraceBuilder, read_trace
from autofix.health import Decision, Facts, Verdict, View
from autofix.search.probe import Probe
from autofix.search.proof import Proof

LOG = Path(__file__).parents[1] / "health/logs/learns.log"
FACTS = Facts(2.303, "ln 10")
STABLE, LATE = Decision(Verdict.STABLE, 9, "it learned"), Decision(Verdict.INCONCLUSIVE, 0, "the time was up")


def test_a_run_that_the_time_cut_short_does_not_spoil_the_score() -> None:
    """What looked best was last in line, as its proof had no time: a run without an iteration is worst."""
    probe = Probe(STABLE, View(FACTS, read_trace(LOG)), (), 300, 1.0)
    cut_short = Probe(LATE, View(FACTS, TraceBuilder().trace()), (), 400, 0.1, finished=False)
    assert cut_short.score > 1 > probe.score
    assert Proof((cut_short,), refusal=cut_short).worst(probe) == probe.graded
    failed = Probe(LATE, View(FACTS, TraceBuilder().trace()), (), 400, 0.1)
    assert Proof((failed,), refusal=failed).worst(probe) == failed.graded
