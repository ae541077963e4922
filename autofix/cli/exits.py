"""The exit codes that scripts rely on."""

from __future__ import annotations

WELL, UNPROVED, WRONG_USE, CAFFE, INTERRUPTED = 0, 1, 2, 3, 130
UNREAD = 141  # as shells tell of a program that wrote to a closed pipe: 128 + SIGPIPE

VERDICTS = {  # of ``autofix fix``, as report.json tells them
    "fixed": WELL,
    "already-stable": WELL,
    "provisional": UNPROVED,
    "not-fixed": UNPROVED,
    "failed": CAFFE,
    "interrupted": INTERRUPTED,
}
