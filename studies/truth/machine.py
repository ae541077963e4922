"""What a record says of where it comes from: which build of Caffe, on which kind of processor."""

from __future__ import annotations

import platform
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from hashlib import sha256
from pathlib import Path

from autofix.caffe import Caffe

LIBRARY = re.compile(r"libcaffe\S* => (\S+)")
MODEL = re.compile(r"model name\s*: (.*)")


@cache
def build(caffe: Caffe) -> str:
    """Caffe's version and the beginning of its library's SHA-256, to tell builds apart."""
    library = next(_libraries(caffe.path.resolve()), caffe.path)
    return f"{caffe.version} {sha256(library.read_bytes()).hexdigest()[:8]}"


def _libraries(executable: Path) -> Iterator[Path]:
    """The library that the loader takes; for a script that starts Caffe, the one in the build beside it."""
    try:
        told = subprocess.run(["ldd", executable], capture_output=True, text=True, check=False).stdout
    except OSError:
        told = ""
    yield from (Path(match[1]) for match in LIBRARY.finditer(told))
    yield from sorted(executable.parents[1].glob("lib/libcaffe.so*"))


@cache
def processor() -> str:
    """The processor's name, as the kernel knows it: sums of floats differ a little from one kind to another."""
    try:
        found = MODEL.search(Path("/proc/cpuinfo").read_text())
    except OSError:
        found = None
    return found[1].strip() if found else platform.machine()
