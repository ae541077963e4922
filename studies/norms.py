"""Whether BatchNorm's statistics are told from a dead layer's weights where a log has no setup lines.

    python -m studies.norms

Takes the recorded probes of the nets with BatchNorm, LSTM or RNN layers, as a whole and in windows of their iterations,
and asks ``Trace.keeps_statistics`` of every layer whose first three parameters have gradients of 0. What the layers
are, the setup lines tell, which it does not see.
"""

from __future__ import annotations

import lzma
import re
from collections import Counter
from pathlib import Path

import numpy as np

from autofix.debuginfo import Reader, Trace, TraceBuilder
from autofix.debuginfo.bulk import BulkReader

PROBES = Path(__file__).parent / "probes"
NETS = ("lstm", "resnet", "rnn")
WINDOW = 5  # iterations
TYPE = re.compile(r'name: "([^"]+)"\s+type: "([^"]+)"')


def read(log: Path) -> tuple[Trace, dict[str, str]]:
    """What a probe showed, and the types of its layers."""
    text = lzma.decompress(log.read_bytes())
    builder = TraceBuilder()
    bulk = BulkReader(builder, Reader())
    bulk.feed(text)
    bulk.close()
    return builder.trace(), dict(TYPE.findall(text.decode(errors="replace")))


def silent(trace: Trace, layer: str) -> bool:
    """Whether a layer has three parameters whose gradients are all 0."""
    diffs = [key for index in range(3) if (key := trace.param_diff(layer, index)) is not None]
    return len(diffs) == 3 and not any(np.nan_to_num(trace.series(key)).any() for key in diffs)


def main() -> None:
    told: Counter[tuple[str, bool]] = Counter()
    for log in sorted(PROBES.glob("*.log.xz")):
        if log.name.split(".")[0].split("+")[0] not in NETS:
            continue
        trace, types = read(log)
        parts = [slice(start, start + WINDOW) for start in range(0, len(trace) - WINDOW + 1, WINDOW)]
        for part in (trace, *(trace.at(rows) for rows in parts)):
            for layer in types:
                if silent(part, layer):
                    told[types[layer], part.keeps_statistics(layer)] += 1
    print("| type | taken for statistics | not |\n| --- | ---: | ---: |")
    for kind in sorted({kind for kind, _ in told}):
        print(f"| {kind} | {told[kind, True]:,} | {told[kind, False]:,} |")


if __name__ == "__main__":
    main()
