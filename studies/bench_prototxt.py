"""How long it takes to read, patch and compare a large net.

python -m studies.bench_prototxt NET [--lines 10000]

NET is any net file; its layers are repeated, with names of their own, until the text has that many lines. Prints CPU
seconds, the best of five.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from autofix.model import Candidate, Training, load, patch
from autofix.prototxt import Document, apply, diff, parse, read, replace

ROUNDS = 5


def grown(net: Document, lines: int) -> str:
    """The net with its layers repeated under other names."""
    parts = [str(net)]
    while sum(part.count("\n") for part in parts) < lines:
        names = [name for layer in net.root.messages("layer") if (name := layer.scalar("name")) is not None]
        parts.append(
            str(apply(net, [replace(name, f"{name.word}_{len(parts)}", "a name of its own") for name in names]))
        )
    return "\n".join(parts)


def best(work: Callable[[], object]) -> float:
    """The least CPU seconds that ``work`` took."""
    seconds = []
    for _ in range(ROUNDS):
        start = time.process_time()
        work()
        seconds.append(time.process_time() - start)
    return min(seconds)


def compared(training: Training, candidate: Candidate) -> str:
    """The diff of the net's file."""
    path = training.net.path
    return diff(training.documents[path], patch(training, candidate).document(path))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("net", type=Path)
    parser.add_argument("--lines", type=int, default=10_000)
    options = parser.parse_args()
    text = grown(read(options.net), options.lines)
    with tempfile.TemporaryDirectory() as folder:
        solver = Path(folder) / "solver.prototxt"
        solver.write_text('net: "net.prototxt"\nbase_lr: 0.1\n')
        solver.with_name("net.prototxt").write_text(text)
        training = load(solver, cwd=Path(folder))
        stds = {layer.name: 0.05 for layer in training.train.refillable}
        candidate = Candidate(base_lr=0.01, input_scale=0.5, filler_stds=stds)
        print(f"{text.count(chr(10)) + 1} lines, {len(training.net.layers)} layers, {len(stds)} fillers to change")
        print(f"parse: {best(lambda: parse(text)):.2f} s")
        print(f"load: {best(lambda: load(solver, cwd=Path(folder))):.2f} s")
        print(f"patch and diff: {best(lambda: compared(training, candidate)):.2f} s")


if __name__ == "__main__":
    main()
