"""How fast `autofix diagnose` reads long logs, beside `grep -c` and plain Python on the same files in the same run.

    python -m studies.bench_diagnose [--sizes 100 500 2000] [--log caffe.log] [--repeat 3]

A log is made long by repeating the iterations of a real one under rising numbers. The table goes to standard output.
CPU time (user and system) is compared, as the wall time of a busy machine tells little; it is printed, too.

A second table tells how long after a bad line `autofix diagnose -` has its finding out, behind a log of that size.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

LOGS = Path(__file__).parents[1] / "tests"
DEFAULT = (LOGS / "debuginfo/logs/late-collapse.log", LOGS / "debuginfo/logs/healthy.log")
MEGABYTE = 1_000_000
BAD = b"I20261121 19:36:52.717376 10487 net.cpp:593]     [Forward] Layer fc1, top blob fc1 data: nan\n"
READING = 4.0  # seconds after which the reader has started and read what there is, besides ...
READ_AT_LEAST = 50 * MEGABYTE  # ... bytes a second
_NUMBER = re.compile(rb"(?<=\] Iteration )\d+")
_FIRST = re.compile(rb"^.*(?:Iteration 0, Testing net|\[Forward\] Layer ).*\n", re.MULTILINE)
_READ_LINES = "import sys\nwith open(sys.argv[1], 'rb') as log: print(sum(1 for line in log))"
COMMANDS = {
    "grep": ["grep", "-c", "Backward"],
    "python": [sys.executable, "-c", _READ_LINES],
    "diagnose": [sys.executable, "-m", "autofix", "diagnose", "--json"],
}


@dataclass(frozen=True, slots=True)
class Cost:
    """What one command took: seconds of CPU and of the clock, and memory at its peak in bytes."""

    cpu: float
    wall: float
    memory: int


def lengthened(log: bytes, size: int) -> Iterator[bytes]:
    """Yield a log of at least ``size`` bytes: the setup, then the iterations again and again, renumbered."""
    match = _FIRST.search(log)
    if match is None:
        raise SystemExit("the log has no debug_info lines")
    setup, body = log[: match.start()], log[match.start() :]
    body = body[: body.index(b"\n", body.rindex(b", lr = ")) + 1]  # without the pass after the last iteration
    step = max(int(number) for number in _NUMBER.findall(body)) + 1
    yield setup
    written, turn = len(setup), 0
    while written < size:
        shifted = _NUMBER.sub(lambda found: b"%d" % (int(found[0]) + turn * step), body)  # noqa: B023
        yield shifted
        written, turn = written + len(shifted), turn + 1


def measure(command: list[str], path: Path) -> Cost:
    """Run a command on a file and return what it took.

    Python keeps its compiled modules in a folder beside the file, as in any installation from the second run on,
    whatever this process was told.
    """
    kept = {"LC_ALL": "C", "PYTHONPYCACHEPREFIX": str(path.parent / "compiled"), "PYTHONDONTWRITEBYTECODE": ""}
    begun = time.perf_counter()
    with tempfile.TemporaryFile() as out:  # grep that writes to /dev/null ends at the first match
        child = subprocess.Popen([*command, str(path)], stdout=out, env=os.environ | kept)
        _, status, usage = os.wait4(child.pid, 0)
    wall = time.perf_counter() - begun
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode not in (0, 1):  # 1: diagnose has found an error
        raise SystemExit(f"{command[0]} failed with {child.returncode}")
    return Cost(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss * 1024)


def row(name: str, path: Path, repeat: int, start: float) -> str:
    """Return a row of the table; of several runs the one with the least CPU time counts.

    Args:
        start: seconds of CPU that diagnose takes for a log of almost no length.
    """
    path.read_bytes() if path.stat().st_size < 1 << 28 else subprocess.run(
        ["cat", path], stdout=subprocess.DEVNULL, check=True
    )
    cost = {
        key: min((measure(command, path) for _ in range(repeat)), key=lambda each: each.cpu)
        for key, command in COMMANDS.items()
    }
    times = " | ".join(f"{each.cpu:.2f} ({each.wall:.1f})" for each in cost.values())
    whole, reading = (cost["diagnose"].cpu - apart for apart in (0.0, start))
    ratios = " | ".join(f"{each / cost['grep'].cpu:.1f}" for each in (whole, reading))
    megabytes = path.stat().st_size / MEGABYTE
    return f"| {name} | {megabytes:,.0f} | {times} | {ratios} | {cost['diagnose'].memory / 2**20:.0f} |"


def reaction(log: bytes, size: int) -> float:
    """Return the seconds from writing a NaN into a pipe to the first line that ``autofix diagnose -`` prints of it."""
    command = [sys.executable, "-m", "autofix", "diagnose", "-"]
    child = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, bufsize=0
    )
    if child.stdin is None or child.stdout is None:
        raise SystemExit("no pipes")
    for part in lengthened(log, size):
        child.stdin.write(part)
    time.sleep(READING + size / READ_AT_LEAST)
    begun = time.monotonic()
    child.stdin.write(BAD)
    while b"H101" not in (line := child.stdout.readline()):
        if not line:
            raise SystemExit("the NaN was not found")
    seconds = time.monotonic() - begun
    child.kill()
    child.communicate()
    return seconds


def main() -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[100, 500, 2000], help="in MB (10^6 bytes)")
    parser.add_argument("--log", type=Path, nargs="+", default=DEFAULT, help="real logs to make long ones from")
    parser.add_argument("--repeat", type=int, default=3, help="runs of each command, of which the best counts")
    options = parser.parse_args()
    print("| log | MB | grep, s | python, s | diagnose, s | diagnose / grep | without start-up | peak MiB |")
    print("| --- | --: | --: | --: | --: | --: | --: | --: |")
    with tempfile.TemporaryDirectory() as folder:
        small = Path(shutil.copy(DEFAULT[0], folder))
        measure(COMMANDS["diagnose"], small)  # compiles the modules
        costs = [measure(COMMANDS["diagnose"], small) for _ in range(max(options.repeat, 5))]
        start = min(costs, key=lambda cost: cost.cpu)
        times = f"{start.cpu:.2f} ({start.wall:.1f})"
        print(
            f"| start-up alone | {small.stat().st_size / MEGABYTE:.1f} | | | {times} | | | {start.memory / 2**20:.0f} |"
        )
        for log in options.log:
            for size in options.sizes:
                path = Path(folder) / "long.log"
                with path.open("wb") as file:
                    file.writelines(lengthened(log.read_bytes(), size * MEGABYTE))
                print(row(log.stem, path, options.repeat, start.cpu), flush=True)
                path.unlink()
    print("\n| log | MB before | seconds until the finding is out (worst of 5) |")
    print("| --- | --: | --: |")
    for log in options.log:
        for size in (1, *options.sizes[:-1]):
            worst = max(reaction(log.read_bytes(), size * MEGABYTE) for _ in range(5))
            print(f"| {log.stem} | {size:,} | {worst:.2f} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
