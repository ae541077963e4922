"""Names in sentences."""

from __future__ import annotations

from pathlib import Path

from autofix.debuginfo import quoted, read_trace
from autofix.report.diagnosis import diagnose

LOG = Path(__file__).parent / "logs" / "nan-forward.log"


def test_a_name_with_blanks_is_quoted_wherever_a_sentence_has_it() -> None:
    assert [quoted(name) for name in ("a/score", "log it", "conv\t1")] == ["a/score", '"log it"', '"conv\t1"']
    facts = diagnose(read_trace(LOG), LOG.name).diagnosis
    texts = [facts.why, facts.answers.not_finite, *facts.advice, *(found.explanation for found in facts.findings)]
    told = [text for text in texts if "log it" in text]
    assert len(told) >= 4
    assert all('"log it"' in text for text in told)
    assert facts.first_bad is not None
    assert facts.first_bad.layer == "log it"  # as data, the name is as printed
