"""Why Caffe could not run a training at all: its own message, and what to do about it."""

from __future__ import annotations

import re
import signal
from difflib import get_close_matches

from autofix.caffe import GPU_ADVICE, Ended, How
from autofix.debuginfo import Trace
from autofix.errors import CaffeError

KNOWN = re.compile(r"(?P<word>[^\s:]+) \(known types: (?P<known>[^)]*)\)")  # Caffe lists them all
OUT_OF_MEMORY = r"out of memory|host allocation of size|CUBLAS_STATUS_ALLOC_FAILED"
LABEL = "label_value"  # as a check of a Caffe that was built to look at labels has it
ADVICE = (  # what Caffe says (a pattern) and what to do
    (
        r"Unknown layer type: \(known types",
        "a layer has no type: autofix lint says which",
    ),
    (
        r"Unknown layer type: (\S+)",
        "this Caffe does not know layer type {0}: use the fork the net was written for",
    ),
    (r"Unknown solver type: (\S+)", "this Caffe has no solver of type {0}"),
    (r"Unknown filler name: (\S+)", "this Caffe has no filler of type {0}"),
    (r"Unknown learning rate policy: (\S+)", "lr_policy {0} does not exist in this Caffe"),
    (r"non ascii codepoint 239", "the file begins with a byte order mark: save it as UTF-8 without one"),
    (
        r"Error parsing text-format",
        "this Caffe cannot read that: was it written for a fork?",
    ),
    (
        r"MemoryDataLayer needs",
        "only a program can fill a MemoryData layer: read the data from files, such as HDF5Data",
    ),
    (
        r"mdb_status == 0 \(2 vs\. 0\)",
        "the LMDB is not there: is its path relative to the folder Caffe starts in?",
    ),
    (r"mdb_status == 0", "the LMDB cannot be opened: is it whole, and written by the same kind of machine?"),
    (
        r"Failed to open|Could not open|Failed to load",
        "a file of the net is missing: paths start at the folder above",
    ),
    (r"host allocation of size|bad_alloc", "the memory is full: make batch_size smaller, or end what else runs"),
    (
        r"ModuleNotFoundError|ImportError",
        "a Python layer cannot be imported: put the folder of its module on PYTHONPATH, as for caffe train",
    ),
    *GPU_ADVICE,
    (r"cudaSuccess|CUBLAS|CUDNN", "the GPU failed: try --device cpu"),
    (r"CPU-only Caffe", "this Caffe has no GPU code: use --device cpu"),
    (r"Cannot write to snapshot prefix", "make the folder of snapshot_prefix, or mend the path"),
    (
        LABEL,
        "labels and predictions do not fit: look at the labels' range",
    ),
    (
        r"Number of labels must match",
        "a loss over classes wants one label for each prediction",
    ),
    (
        r"shape\[i\] >= 0",
        "a kernel is larger than the blob it goes over",
    ),
    (
        r"shape mismatch|Check failed: .*(num_axes|count|shape|channels|height|width)",
        "the layers' shapes do not fit",
    ),
)


class DiedError(CaffeError):
    """Caffe died of a label, or without a word on why: its data may be at fault."""


def failure(ended: Ended, trace: Trace, last_lines: tuple[str, ...]) -> CaffeError:
    """Return the error for a training that ended before its first iteration.

    Args:
        last_lines: the end of the log, for deaths that Caffe did not explain.
    """
    whole = said_by(trace) or _dying(last_lines)
    said = KNOWN.sub(r"\g<word>", whole)
    for pattern, advice in ADVICE:
        if match := re.search(pattern, said):
            hint = advice.format(*match.groups()) + _meant(whole)
            kind = DiedError if LABEL in said else CaffeError
            return kind(f"Caffe cannot run this training: {brief(said)}", hint)
    if ended.how is How.CRASHED and ended.returncode == -signal.SIGKILL:
        return CaffeError("Caffe cannot run this training: the system killed it", "most likely the memory was full")
    how = f"return code {ended.returncode}" if ended.how is How.CRASHED else ended.how.value
    explained = trace.fatal is not None and trace.fatal.file  # by a check of Caffe's own
    kind = DiedError if ended.how is How.CRASHED and not explained else CaffeError
    return kind(f"Caffe cannot run this training: {brief(said) or how}", "the whole log is in the probe's folder")


def _meant(said: str) -> str:
    """The name that a misspelt one is closest to, of those that Caffe lists."""
    found = KNOWN.search(said)
    close = get_close_matches(found["word"], found["known"].split(", "), 1) if found else []
    return f" (did you mean {close[0]}?)" if close else ""


def said_by(trace: Trace) -> str:
    """Caffe's last words on one line; protobuf's complaint, which names the field of a file, before Caffe's own."""
    parsing = [complaint for complaint in trace.complaints if "arsing" in complaint]
    words = [*parsing, trace.fatal.message if trace.fatal is not None else ""]
    return re.sub(r"\s+", " ", words[0]).strip()


def brief(said: str) -> str:
    """What Caffe said, without a line of a probe's own file and the C++ of a check that has words beside it."""
    plain = re.sub(r"^Error parsing text-format caffe\.\w+: (?:\d+:\d+: )?", "", KNOWN.sub(r"\g<word>", said))
    check = re.match(r"Check failed: (?P<condition>false|.*? \([^()]* vs\. [^()]*\)) (?=[A-Za-z])", plain)
    if check is None or re.search(r"(?i)cu|mdb", check["condition"]):  # a number of CUDA's tells as much
        return plain
    return plain[check.end() :]


def _dying(last_lines: tuple[str, ...]) -> str:
    return next((line.strip() for line in reversed(last_lines) if line.strip()), "")
