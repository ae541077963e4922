"""The figures, from the results."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from studies.truth.records import Record


def line(record: Record) -> str:
    """One result on one line."""
    head = f"{record['case']} {record['method']}"
    proof = record.get("proof")
    told = f" plain Caffe: {' '.join(proof['labels'])}, skill {proof['skills']}" if proof else ""
    if "result" not in record:
        return f"{head}:{told}"
    if "trials" not in record:
        return f"{head}: {record['result']}: {record['why']}"
    cost = f"fix at trial {record['trials_to_fix']} of {record['trials']}, {record['iterations']} iterations"
    return f"{head}: {record['result']}, {cost}, {record['knobs']}{told}"


def tables(results: Sequence[Record]) -> Iterator[str]:
    """All tables."""
    yield from (line(record) for record in results)
