"""Probes of the corpus: short trainings with debug_info, kept as logs so that they can be judged again and again."""

from __future__ import annotations

import lzma
import math
import os
import re
import subprocess
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from autofix.debuginfo import Reader, Trace, TraceBuilder, first_bad
from autofix.debuginfo.bulk import BulkReader
from autofix.model import Candidate, ProbeSettings, load, patch, probe_documents
from autofix.prototxt import write
from studies.corpus import Case, materialise
from studies.truth.training import QUIET

HERE = Path(__file__).parents[1] / "probes"  # git does not see it
ROWS = 400  # iterations of a probe; the judge's cap is below
SEED = 1
STAMP = re.compile(rb"^([IWEF])\d{4,8} \d\d:\d\d:\d\d\.\d{6} +\d+ ", re.MULTILINE)  # when and in which thread: noise
OWN_FOLDER = re.compile(r"/[^\s\"]*/probe-\w+")
AFTER = 2  # iterations that are kept of what follows the first value that is not finite


@dataclass(frozen=True)
class Recorder:
    """Runs one probe and keeps its log; goes to other processes.

    Args:
        caffe: the executable.
        cache: where data sets are kept.
        folder: where the logs go.
        until: ``time.monotonic()`` after which nothing is begun.
        after: iterations that are kept of what follows the first value that is not finite.
    """

    caffe: Path
    cache: Path
    folder: Path
    until: float = math.inf
    after: int = AFTER

    def __call__(self, case: Case) -> str:
        """Probe ``case`` as the tool would; say how it ended."""
        if time.monotonic() > self.until:
            return "the time is up"
        with tempfile.TemporaryDirectory(prefix="probe-") as name:
            home = Path(name)
            materialise(case, home / "case", self.cache)
            training = load(home / "case" / "solver.prototxt")
            documents = probe_documents(training, patch(training, Candidate()), ProbeSettings(seed=SEED), home)
            for path, document in documents.items():
                write(document, path)
            lines, rows = _watched(
                [str(self.caffe), "train", f"--solver={home / 'solver.prototxt'}"], training.folder, self.after
            )
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / ".gitignore").write_text("*\n")
        part = self.folder / f"{case.id}.part"
        part.write_bytes(lzma.compress(STAMP.sub(rb"\g<1>0101 00:00:00.000000 1 ", b"".join(lines)), preset=2))
        part.replace(log_of(case, self.folder))
        return f"{rows} iterations"


def _watched(command: Sequence[str], folder: Path, after: int) -> tuple[list[bytes], int]:
    """Run Caffe until it has shown enough; its log so far, line by line, and the iterations in there."""
    reader, builder = Reader(), TraceBuilder()
    lines: list[bytes] = []
    rows, enough = 0, ROWS
    with subprocess.Popen(
        command,
        cwd=folder,
        env=os.environ | QUIET,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            lines.append(line)
            for event in reader.feed(line):
                if builder.add(event) is not None:
                    rows += 1
                    if enough == ROWS and first_bad(builder.trace()) is not None:
                        enough = min(ROWS, rows + after)
            if rows >= enough:
                process.kill()
                break
    return lines, rows


def log_of(case: Case, folder: Path) -> Path:
    return folder / f"{case.id}.log.xz"


def record(cases: Iterable[Case], recorder: Recorder, jobs: int) -> Iterator[str]:
    """Probe what has no log yet; a line on each."""
    todo = [case for case in cases if not log_of(case, recorder.folder).exists()]
    with ProcessPoolExecutor(jobs) as pool:
        futures = {pool.submit(recorder, case): case for case in todo}
        try:
            for done, future in enumerate(as_completed(futures), 1):
                yield f"{done}/{len(todo)} {futures[future].id}: {future.result()}"
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def trace_of(case: Case, folder: Path) -> Trace:
    """What the probe of ``case`` showed, whole."""
    builder = TraceBuilder()
    bulk = BulkReader(builder, Reader())
    bulk.feed(lzma.decompress(log_of(case, folder).read_bytes()))
    bulk.close()
    return builder.trace()


def log_text(case: Case, folder: Path, rows: int) -> str:
    """The first ``rows`` iterations of a log, without the recorder's own paths."""
    text = lzma.decompress(log_of(case, folder).read_bytes()).decode()
    ends = [match.end() for match in re.finditer(r"Iteration \d+, lr = .*\n", text)]
    return OWN_FOLDER.sub("probe", text[: ends[min(rows, len(ends)) - 1]])
