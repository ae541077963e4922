"""One recorded log in the words of other Caffes, loggers and systems: the trace must stay the same."""

from __future__ import annotations

import re
from collections.abc import Callable

PREFIX = re.compile(r"^([IWEF])(\d{4})(\d{4} [^\]]*\] )", re.MULTILINE)
WINDOWS = {"nan": "1.#QNAN", "-nan": "-1.#IND", "inf": "1.#INF", "-inf": "-1.#INF"}


def _nvidia(log: str) -> str:
    log = re.sub(r"(?<=\] )Iteration (\d+) \(([^)]*) iters\)", r"    [0.0] Iteration \1 (\2 iter), 1.2/30.0ep", log)
    log = re.sub(r"(?<=\] )(    Train net)", r"    [0.0] \1", log)
    log = re.sub(r"(?<=\] )(    Test net)", r"    (0) \1", log)
    return re.sub(r"(Iteration \d+, lr = \S+)", r"[0] \1, m = 0.9, lrm = 0.9, wd = 0.0005, gs = 1", log)


def _windows_numbers(log: str) -> str:
    log = re.sub(
        r"(?<= = )(-?(?:nan|inf))\b|(?<= data: | diff: )(-?(?:nan|inf))\b", lambda match: WINDOWS[match[0]], log
    )
    return re.sub(r"(?<=\d)e([+-])(\d\d)\b", r"e\g<1>0\2", log)


DIALECTS: dict[str, Callable[[str], str]] = {
    "as recorded": lambda log: log,
    "glog before 0.5, no year": lambda log: PREFIX.sub(r"\1\3", log),
    "GLOG_log_prefix=0": lambda log: re.sub(PREFIX.pattern, "", log, flags=re.MULTILINE),
    "carriage returns": lambda log: log.replace("\n", "\r\n"),
    "Caffe rc1 to rc5, no speed": lambda log: re.sub(r"(Iteration \d+) \([^)]*\), loss", r"\1, loss", log),
    "NVIDIA/caffe": _nvidia,
    "Windows runtime": _windows_numbers,
    "prefix shortened by hand": lambda log: PREFIX.sub(r"\1\2 ...] ", log),
    "docker logs -t": lambda log: re.sub(r"^", "2026-11-21T21:52:13.739135400Z ", log, flags=re.MULTILINE),
    "kubernetes": lambda log: re.sub(r"^", "2026-11-21T21:52:13.73+02:00 stderr F ", log, flags=re.MULTILINE),
    "two GPUs": lambda log: re.sub(r"^(.*All net params.*\n)", r"\1\1", log, flags=re.MULTILINE),
    "mpirun": lambda log: re.sub(r"^", "[1,0]<stderr>:", log, flags=re.MULTILINE),
    "mpirun in docker": lambda log: re.sub(r"^", "2026-11-21T21:52:13.7Z [1,0]<stderr>:", log, flags=re.MULTILINE),
    "docker in mpirun": lambda log: re.sub(r"^", "[1,0]<stderr>:2026-11-21T21:52:13.7Z ", log, flags=re.MULTILINE),
    "coloured": lambda log: re.sub(r"^([WE].*)$", "\x1b[31m\\1\x1b[0m", log, flags=re.MULTILINE),
    "last line lost": lambda log: log.rstrip("\n")[:-1],
}
