"""Files of every kind given as a log."""

from __future__ import annotations

import gzip
import os
import threading
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest
from comparing import difference

from autofix.debuginfo import build_trace, first_bad, open_log, read_trace, watch_trace
from autofix.errors import InputError

LOG = (Path(__file__).parent / "logs" / "healthy.log").read_bytes()
WRONG = {
    "empty": (b"", "is empty"),
    "binary": (b"\x89HDF\r\n\x1a\n\0\0\0", "is not a text file"),
    "of another program": (b"Epoch 1/5 - loss: 0.25\n" * 9, "none of its 9 lines comes from Caffe"),
    "of another program that logs like Caffe": (
        b"E0000 00:00:1721325600.123456 12345 cuda_dnn.cc:8310] Unable to register cuDNN factory\nEpoch 1\n",
        "none of its 2 lines comes from Caffe",
    ),
    "another program that was killed": (
        b"Segmentation fault (core dumped)\n",
        "its only line does not come from Caffe",
    ),
    "a damaged gzip": (gzip.compress(LOG)[:-500], "damaged gzip file"),
    "a gzip of nothing": (gzip.compress(b""), "is empty"),
}


@pytest.mark.parametrize("kind", WRONG)
def test_what_is_no_log_is_refused_in_one_line(kind: str, tmp_path: Path) -> None:
    data, message = WRONG[kind]
    path = tmp_path / "train.log"
    path.write_bytes(data)
    with pytest.raises(InputError, match=message) as caught:
        read_trace(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_file_and_a_folder_are_told_apart(tmp_path: Path) -> None:
    readers = (read_trace, lambda path: open_log(path).__enter__(), lambda path: next(watch_trace(path, follow=True)))
    for read in readers:
        with pytest.raises(InputError, match="no such file"):
            read(tmp_path / "train.log")
        with pytest.raises(InputError, match="is a directory"):
            read(tmp_path)


@pytest.mark.parametrize(
    "data",
    [LOG, gzip.compress(LOG), gzip.compress(LOG[:5000]) + gzip.compress(LOG[5000:]), LOG.decode().encode("utf-16")],
    ids=["plain", "gzip", "gzip in two parts", "UTF-16 from PowerShell"],
)
def test_a_log_is_read_however_it_is_stored(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "train.log"
    path.write_bytes(data)
    expected = build_trace(LOG.splitlines(keepends=True))
    assert difference(read_trace(path), expected) is None
    with open_log(path) as lines:
        assert b"".join(lines) == LOG


def test_broken_utf_8_is_only_a_strange_name(tmp_path: Path) -> None:
    path = tmp_path / "train.log"
    path.write_bytes(LOG.replace(b"fc1", b"fc\xe4") + "[Forward] Layer ä".encode()[:-1])
    assert "fc�" in read_trace(path).layers


def test_a_line_without_end_takes_no_memory(tmp_path: Path) -> None:
    path = tmp_path / "train.log"
    with path.open("wb") as file:
        file.write(LOG)
        file.seek(1 << 26, os.SEEK_CUR)  # a hole that reads as 64 MiB of one line
        file.write(b"\n" + LOG)
    tracemalloc.start()
    trace = read_trace(path)
    with open_log(path) as lines:
        assert max(map(len, lines)) <= 1 << 17
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1 << 25
    assert trace.iterations.tolist() == [*range(21), *range(21)]


def write_later(path: Path, *parts: bytes) -> threading.Thread:
    def write() -> None:
        for part in parts:
            time.sleep(0.1)
            with path.open("ab") as file:
                file.write(part)

    writer = threading.Thread(target=write)
    writer.start()
    return writer


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_a_followed_log_is_told_as_it_is_written_until_the_training_ends(
    pack: Callable[[bytes], bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("autofix.debuginfo.source._QUIET", 0.3)
    path, half = tmp_path / "train.log", len(LOG) // 2
    path.write_bytes(b"")
    writer = write_later(path, pack(LOG[:half]), pack(LOG[half:]))
    traces = list(watch_trace(path, follow=True, tick=0.02))
    writer.join()
    assert 0 < len(traces[0]) < 21
    assert difference(traces[-1], read_trace(path)) is None


def test_a_blob_line_is_told_before_its_iteration_is_whole(tmp_path: Path) -> None:
    path, lines = tmp_path / "train.log", LOG.splitlines(keepends=True)
    bad = max(place for place, line in enumerate(lines) if b"[Backward] Layer score" in line)
    path.write_bytes(b"".join(lines[: bad - 2]))
    watched = watch_trace(path, follow=True, tick=0.02)
    assert first_bad(next(watched)) is None
    writer = write_later(path, b"[Backward] Layer score, bottom blob fc1 diff: nan\n")
    found = first_bad(next(watched))
    writer.join()
    assert found is not None
    assert (found.iteration, found.layer, found.blob) == (19, "score", "fc1")


def test_a_followed_log_that_is_overwritten_is_read_from_its_new_start(tmp_path: Path) -> None:
    path = tmp_path / "train.log"
    path.write_bytes(LOG[: len(LOG) // 2])
    watched = watch_trace(path, follow=True, tick=0.02)
    rows = len(next(watched))
    path.write_bytes(LOG[: len(LOG) // 3])
    trace = next(watched)
    assert [run.row for run in trace.runs] == [0, rows + 1]  # the block that was begun is a row, too
    assert trace.iterations[rows + 1] == 0
