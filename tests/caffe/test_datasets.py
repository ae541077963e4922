"""What an audit promises of each kind of data set, and that it leaves the data set alone."""

from __future__ import annotations

import io
import math
import sys
from pathlib import Path

import h5py
import lmdb
import numpy as np
import pytest
from PIL import Image

from autofix.caffe.datasets import DataError, audit, write_lmdb
from autofix.caffe.schema import Datum
from autofix.errors import CaffeError

RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 256, (40, 3, 4, 5), dtype=np.uint8)
LABELS = [index % 4 for index in range(40)]


def put(folder: Path, *records: bytes) -> str:
    folder.mkdir()
    with lmdb.open(str(folder)) as environment, environment.begin(write=True) as transaction:
        for index, record in enumerate(records):
            transaction.put(f"{index:08d}".encode(), record)
    return str(folder)


def png(image: np.ndarray) -> bytes:
    """``image`` [height, width, 3] as the bytes of a PNG."""
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "PNG")
    return buffer.getvalue()


def hdf5(folder: Path, **columns: np.ndarray) -> str:
    """A list of two files that hold the two halves of ``columns``; the list's path."""
    for name, half in (("a", slice(None, None, 2)), ("b", slice(1, None, 2))):
        with h5py.File(folder / f"{name}.h5", "w") as file:
            for top, rows in columns.items():
                file[top] = rows[half]
    (folder / "list.txt").write_text("a.h5\nb.h5\n")
    return "list.txt"


# --- LMDB ---


@pytest.mark.parametrize("images", [IMAGES, IMAGES / np.float32(3)], ids=["bytes", "float_data"])
def test_lmdb_numbers_are_those_of_what_was_written(tmp_path, images):
    write_lmdb(tmp_path / "db", images, LABELS)
    found = audit("db", "LMDB", cwd=tmp_path)
    data, label = found.tops
    assert (found.records, data.looked_at, data.nonfinite) == (40, 40, 0)
    assert (data.name, data.shape, data.dtype) == ("data", (3, 4, 5), str(images.dtype))
    assert (data.minimum, data.maximum) == (images.min(), images.max())
    assert data.mean == pytest.approx(images.mean(dtype=float))
    assert data.std == pytest.approx(images.std(dtype=float))
    assert data.labels is None
    assert label.labels.counts == {0: 10, 1: 10, 2: 10, 3: 10}
    assert (label.labels.minimum, label.labels.maximum, label.labels.classes) == (0, 3, 4)
    assert label.labels.entropy == pytest.approx(math.log(4))


def test_lmdb_is_left_as_it_was(tmp_path):
    write_lmdb(tmp_path / "db", IMAGES, LABELS)
    (tmp_path / "db" / "lock.mdb").unlink()
    before = {path.name: (path.stat().st_mtime_ns, path.read_bytes()) for path in (tmp_path / "db").iterdir()}
    audit("db", "LMDB", cwd=tmp_path)
    after = {path.name: (path.stat().st_mtime_ns, path.read_bytes()) for path in (tmp_path / "db").iterdir()}
    assert after == before


def test_writing_again_replaces_the_lmdb(tmp_path):
    write_lmdb(tmp_path / "db", IMAGES, LABELS)
    write_lmdb(tmp_path / "db", IMAGES[:3], LABELS[:3])
    assert audit("db", "LMDB", cwd=tmp_path).records == 3


def test_a_big_set_is_sampled_evenly(tmp_path):
    write_lmdb(tmp_path / "db", np.arange(100, dtype=np.uint8).reshape(100, 1, 1, 1), range(100))
    found = audit("db", "LMDB", cwd=tmp_path, limit=10)
    assert found.records == 100
    assert list(found.top("label").labels.counts) == list(range(0, 100, 10))


def test_a_layer_with_one_top_has_no_label(tmp_path):
    write_lmdb(tmp_path / "db", IMAGES, LABELS)
    assert [top.name for top in audit("db", "LMDB", tops=("image",), cwd=tmp_path).tops] == ["image"]


def test_nonfinite_records_are_counted_and_kept_out_of_the_numbers(tmp_path):
    values = np.array([1, np.nan, 3, -np.inf], np.float32).reshape(4, 1, 1, 1)
    write_lmdb(tmp_path / "db", values, [0] * 4)
    data = audit("db", "LMDB", cwd=tmp_path).top("data")
    assert (data.nonfinite, data.minimum, data.maximum, data.mean) == (2, 1.0, 3.0, 2.0)


def test_only_nonfinite_records_leave_nothing_to_tell(tmp_path):
    write_lmdb(tmp_path / "db", np.full((2, 1, 2, 2), np.nan, np.float32), [0, 1])
    data = audit("db", "LMDB", cwd=tmp_path).top("data")
    assert data.nonfinite == 2
    assert math.isnan(data.mean)
    assert math.isnan(data.total_variance)


def test_encoded_images_are_decoded_blue_first(tmp_path):
    red = np.zeros((4, 5, 3), np.uint8)
    red[..., 0] = 200
    other_size = np.full((6, 5, 3), 200, np.uint8)
    records = [Datum(data=png(image), encoded=True, label=1).SerializeToString() for image in (red, other_size)]
    put(tmp_path / "one", records[0])
    put(tmp_path / "two", *records)
    one = audit("one", "LMDB", cwd=tmp_path).top("data")
    assert (one.shape, one.maximum, one.mean) == ((3, 4, 5), 200, pytest.approx(200 / 3))
    two = audit("two", "LMDB", cwd=tmp_path).top("data")
    assert two.shape is None
    assert math.isnan(two.total_variance)
    assert two.maximum == 200


def test_without_pillow_an_encoded_set_still_tells_its_labels(tmp_path, monkeypatch):
    put(tmp_path / "db", Datum(data=b"whatever", encoded=True, label=3).SerializeToString())
    monkeypatch.setitem(sys.modules, "PIL", None)
    found = audit("db", "LMDB", cwd=tmp_path)
    assert "Pillow" in found.notes[0]
    assert [top.name for top in found.tops] == ["label"]


def test_leveldb_is_only_said_to_be_there(tmp_path):
    found = audit(tmp_path, "LEVELDB")
    assert (found.records, found.tops) == (None, ())
    assert "LEVELDB" in found.notes[0]


# --- HDF5 ---


def test_hdf5_reads_every_listed_file_by_the_names_of_the_tops(tmp_path):
    rows = RNG.normal(3, 2, (21, 2, 3)).astype(np.float32)
    targets = RNG.normal(0, [1, 5], (21, 2)).astype(np.float32)
    found = audit(hdf5(tmp_path, x=rows, y=targets), "HDF5Data", tops=("x", "y"), cwd=tmp_path)
    assert found.records == 21
    assert found.top("x").shape == (2, 3)
    assert found.top("x").std == pytest.approx(rows.std(dtype=float))
    assert found.top("y").labels is None
    mean = targets.mean(axis=0, dtype=float)
    assert found.top("y").constant_error == pytest.approx(0.5 * ((targets - mean) ** 2).sum(axis=1).mean(), rel=1e-5)


@pytest.mark.parametrize("shape", [(20,), (20, 1)], ids=str)
def test_hdf5_whole_numbers_are_labels(tmp_path, shape):
    labels = np.array([0, 1, 1, 1] * 5, np.float32).reshape(shape)
    found = audit(hdf5(tmp_path, label=labels), "HDF5Data", tops=("label",), cwd=tmp_path)
    assert found.top("label").labels.counts == {0: 5, 1: 15}
    assert found.top("label").labels.entropy == pytest.approx(0.5623, abs=1e-4)


def test_large_close_targets_keep_their_variance(tmp_path):
    targets = 1e9 + np.arange(8.0)
    found = audit(hdf5(tmp_path, y=targets), "HDF5Data", tops=("y",), cwd=tmp_path)
    assert found.top("y").total_variance == pytest.approx(targets.var())


# --- image lists ---


def test_image_list_tells_labels_pixels_and_what_is_missing(tmp_path):
    for name in ("a b.png", "c.png"):
        Image.fromarray(np.full((4, 5, 3), 100, np.uint8)).save(tmp_path / name)
    (tmp_path / "list.txt").write_text("/a b.png 0\n/c.png 1\n/gone.png 1\n/gone too.png 0.7\n")
    found = audit("list.txt", "ImageData", cwd=tmp_path, root_folder=str(tmp_path))
    assert found.records == 4
    assert found.top("label").labels.counts == {0: 2, 1: 2}
    assert (found.top("data").shape, found.top("data").mean) == ((3, 4, 5), 100)
    assert [Path(name).name for name in found.missing] == ["gone.png", "gone too.png"]
    assert [note.split()[0] for note in found.notes] == ["1", "2"]


# --- what cannot be read ---


def folder(path: Path) -> None:
    (path / "x").mkdir()


def text(content: str):
    return lambda path: (path / "x").write_text(content)


def truncated(path: Path) -> None:
    write_lmdb(path / "x", np.zeros((50, 3, 40, 40), np.uint8), range(50))
    with (path / "x" / "data.mdb").open("r+b") as file:
        file.truncate(file.seek(0, 2) // 2)


def garbage(path: Path) -> None:
    folder(path)
    (path / "x" / "data.mdb").write_bytes(b"no database" * 1000)


BROKEN = {  # kind, what to make of x, what the message says
    "nothing there": ("LMDB", lambda path: None, "x: no such LMDB source"),
    "empty folder": ("LMDB", folder, "x: not a readable LMDB"),
    "garbage": ("LMDB", garbage, "x: not a readable LMDB"),
    "a file": ("LMDB", text("x"), "x: not a readable LMDB"),
    "no records": ("LMDB", lambda path: put(path / "x"), "x: this LMDB is empty"),
    "truncated": ("LMDB", truncated, "x: truncated LMDB"),
    "not a Datum": ("LMDB", lambda path: put(path / "x", b"\xff\xff"), "x, record 00000000: not a Datum"),
    "no values": (
        "LMDB",
        lambda path: put(path / "x", Datum(channels=1, height=2, width=2).SerializeToString()),
        "record 00000000: 0 values where channels x height x width is (1, 2, 2)",
    ),
    "no image": (
        "LMDB",
        lambda path: put(path / "x", Datum(data=b"GIF?", encoded=True).SerializeToString()),
        "record 00000000: not a readable image",
    ),
    "no list": ("HDF5Data", lambda path: None, "x: no such HDF5Data source"),
    "list is a folder": ("HDF5Data", folder, "x: not a readable list of files (Is a directory)"),
    "empty list": ("HDF5Data", text("\n"), "x: this list of files is empty"),
    "listed file gone": ("HDF5Data", text("y.h5"), "y.h5: no such file"),
    "listed file odd": ("HDF5Data", text("x"), "x: not a readable HDF5 file"),
    "top not in file": (
        "HDF5Data",
        lambda path: hdf5(path, pixels=np.zeros(4)) and (path / "list.txt").rename(path / "x"),
        "a.h5: no data set for the layer's top 'data'; it holds pixels",
    ),
    "empty image list": ("ImageData", text(""), "x: this list of files is empty"),
}


@pytest.mark.parametrize(("kind", "make", "says"), BROKEN.values(), ids=BROKEN)
def test_what_cannot_be_read_is_one_clear_line(tmp_path, kind, make, says):
    make(tmp_path)
    with pytest.raises(DataError) as caught:
        audit("x", kind, cwd=tmp_path)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)
    assert isinstance(caught.value, CaffeError)


def test_an_unknown_kind_is_the_callers_mistake(tmp_path):
    with pytest.raises(ValueError, match="not 'WindowData'"):
        audit(tmp_path, "WindowData")
