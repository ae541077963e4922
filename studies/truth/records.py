"""The results: one JSON line per finished run, appended, so that a run that was killed is simply not there."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from studies.truth.rule import Losses

Record: TypeAlias = dict[str, Any]
POINTS = 40  # of a thinned curve, at most


def read(path: Path) -> list[Record]:
    """Every whole line of ``path``, of two on the same run the later; a last line that was torn is left out.

    Empty if there is no such file.
    """
    if not path.exists():
        return []
    lines = path.read_text().splitlines(keepends=True)
    found = (json.loads(line) for line in lines if line.endswith("\n"))
    return list({(record["case"], record.get("method"), record["seed"]): record for record in found}.values())


def append(path: Path, record: Record) -> None:
    """Add one line, behind a torn one if there is one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    torn = path.exists() and path.stat().st_size and not path.read_bytes().endswith(b"\n")
    if torn:
        path.write_text("".join(f"{compact(old)}\n" for old in read(path)))
    with path.open("a") as file:
        file.write(compact(record) + "\n")


def write(path: Path, all_records: Iterable[Record]) -> None:
    """Put these lines in the place of the file, by way of a temporary one."""
    work = path.with_suffix(".part")
    work.write_text("".join(f"{compact(record)}\n" for record in all_records))
    work.replace(path)


def compact(record: Record) -> str:
    return json.dumps(record, separators=(",", ":"), allow_nan=False)


def rounded(value: float | None, digits: int = 4) -> float | None:
    """``value`` with so many digits, as short as JSON can have it; None for what JSON cannot have."""
    if value is None or not math.isfinite(value):
        return None
    short = float(f"{value:.{digits}g}")
    return int(short) if short.is_integer() and abs(short) < 1e15 else short


def thinned(losses: Losses) -> list[list[float | None]]:
    """A curve as [iteration, loss] pairs, each loss the mean since the pair before.

    Every iteration is kept at first, then ever fewer; None stands for a loss that is not finite.
    """
    count = len(losses)
    if not count:
        return []
    even = np.geomspace(8, max(count, 8), POINTS - 8).astype(int) - 1
    ends = np.unique(np.concatenate((np.arange(min(count, 8)), even[even < count], [count - 1])))
    begins = np.concatenate(([0], ends[:-1] + 1))
    return [[int(end), rounded(float(losses[begin : end + 1].mean()))] for begin, end in zip(begins, ends, strict=True)]
